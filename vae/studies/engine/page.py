"""The page of a study's result: question, method, finding, figures, table, how to repeat it."""

from collections.abc import Iterator, Mapping

from vae.locale import _
from vae.studies.engine.base import Arm, Result, StudySettings
from vae.studies.engine.state import StudyState
from vae.studies.engine.wording import amount

FIGURES_FILE = "figures.png"
"""All figures above one another, in the order of their captions."""


def figure_name(number: int) -> str:
    """Return what page and picture call a figure, the first being 1."""
    return _("Figure {number}").format(number=number)


def command(settings: StudySettings) -> str:
    """Return the command line that repeats a study."""
    return f"python -m vae {' '.join(settings.arguments())}"


def _cell(result: Result, arm: Arm, name: str) -> str:
    found = result.spread(arm, name)
    return _("n/a") if found is None else amount(found, result.study.columns[name].digits)


def rows(result: Result) -> Iterator[list[str]]:
    """Yield the cells of the table by setting, its head first."""
    columns = result.study.columns
    yield [_("Setting"), *(column.head for column in columns.values())]
    for arm in result.measured_arms():
        yield [arm.label, *(_cell(result, arm, name) for name in columns)]


def _markdown_table(result: Result) -> str:
    head, *body = list(rows(result))
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _head(text: str) -> str:
    return f"## {text}"


def page(
    result: Result, now: StudyState, captions: Mapping[str, str], *, pictures: bool = True
) -> str:
    """Return the page as Markdown; ``pictures`` is whether the figures are there as PNG."""
    study, settings = result.study, result.settings
    total = len(result.arms) * settings.seeds
    if result.complete:
        finding = study.finding(result)
    else:
        finding = _("Not all runs are there yet: {n_entries} of {total}.").format(
            n_entries=len(result.entries), total=total
        )
    figures = [
        f"**{figure_name(number)}** ({name.replace('-', ' ')}). {caption}"
        for number, (name, caption) in enumerate(captions.items(), start=1)
    ]
    if captions and pictures:
        figures.append("![" + _("The figures") + f"]({FIGURES_FILE})")
    elif captions:
        figures.append(
            _(
                "The figures could not be drawn as PNG: that takes Chrome or Chromium on "
                "the machine. The page Studies draws them without it."
            )
        )
    seeds = ", ".join(map(str, range(settings.seeds)))
    versions = ", ".join(f"{name} {version}" for name, version in now.versions.items())
    return (
        "\n\n".join(
            [
                f"# {_(study.title)}",
                _(study.question),
                _head(_("Method")),
                study.method,
                _(
                    "Data set {dataset}; {epochs} epochs unless said otherwise; seeds "
                    "{seeds}; figures of the test images."
                ).format(dataset=settings.dataset, epochs=settings.epochs, seeds=seeds),
                _head(_("Finding")),
                finding,
                _head(_("Figures")),
                *figures,
                _head(_("Table")),
                _(
                    "Median over the seeds, and in brackets from the least to the greatest. "
                    "[table.csv](table.csv) has each of the {n_entries} runs."
                ).format(n_entries=len(result.entries)),
                _markdown_table(result),
                _head(_("Repeat it")),
                f"```sh\n{command(settings)}\n```",
                _("Measured on: {machine}; {versions}.").format(
                    machine=now.machine, versions=versions
                ),
            ]
        )
        + "\n"
    )
