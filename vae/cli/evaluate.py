"""``python -m vae evaluate``: the standard figures of a run, and with ``--full`` all of them."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from vae import runs
from vae.cli.common import Json, Out, RunRef, emit
from vae.errors import RunError
from vae.locale import _, retold
from vae.runs import DEFAULT_ROOT, Run

evaluate_app = typer.Typer(rich_markup_mode=None)

Full = Annotated[
    bool, typer.Option("--full", help=_("Measure all that can be measured: minutes, not seconds."))
]
Samples = Annotated[
    int | None,
    typer.Option(
        help=_(
            "Samples K an image for the log-likelihood, 1 to 5000; asks for --full. "
            "500 unless given."
        )
    ),
]


@evaluate_app.command()
def evaluate(
    run: RunRef,
    full: Full = False,
    samples: Samples = None,
    out: Out = DEFAULT_ROOT,
    as_json: Json = False,
) -> None:
    """Measure a run on the test split; the noise is fixed, so twice gives the same figures."""
    opened = runs.open_run(run, out)
    if full and samples is None:
        from vae.measures import DEFAULT_SAMPLES

        samples = DEFAULT_SAMPLES
    figures, problem = _measured(opened, samples)
    reports = opened.epochs()
    config = opened.config
    found = {
        "run": str(opened.directory),
        "family": config.model.family,
        "epochs": reports[-1]["epoch"] if reports else 0,
        "seconds": reports[-1]["seconds"] if reports else 0.0,
        **figures,
    }
    emit(
        as_json,
        found,
        "\n".join(
            [
                _("{opened}: {family}, {epochs} epochs").format(
                    opened=opened.name, family=config.model.family, epochs=found["epochs"]
                ),
                *_rows(figures),
            ]
        ),
    )
    if problem:
        # They were long in the making: better shown and not kept than lost.
        raise RunError(problem)


def _measured(run: Run, samples: int | None) -> tuple[dict[str, Any], str]:
    """Return the figures, and why they could not be kept, if so."""
    from vae.measures.report import alone, measure_standard

    with alone(run):
        return (measure_standard(run), "") if samples is None else _full(run, samples)


def _full(run: Run, samples: int) -> tuple[dict[str, Any], str]:
    from vae.cli.progress import measuring_bar
    from vae.measures.report import keep, measure_run

    with measuring_bar() as on_progress:
        measured = measure_run(run, samples, on_progress)
    try:
        keep(run, measured)
    except RunError as error:
        return measured.figures, str(error)
    return measured.figures, ""


_BESIDE = ("binary", "details", "not_applicable")


def _rows(figures: Mapping[str, Any]) -> Iterator[str]:
    from vae.measures.words import detail_words, value_words

    width = max(len(key) for key in figures if key not in _BESIDE)
    for key, value in figures.items():
        if key in _BESIDE:
            continue
        words = f"  {key:<{width}} {value_words(value, 4):>10}"
        binary = (figures["binary"] or {}).get(key)
        if value is None:
            words += f"   {retold(figures['not_applicable'].get(key, ''))}"
        elif binary is not None and key not in figures.get("details", {}):
            words += "   " + _("binary") + f" {value_words(binary, 4):>10}"
        more = detail_words(figures.get("details", {}).get(key, {}))
        yield f"{words}   {more}" if more else words
