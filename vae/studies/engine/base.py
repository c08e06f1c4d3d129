"""What a study is: settings to repeat over seeds, what to measure of each run, and what to draw."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from vae.config import RunConfig
from vae.errors import ConfigError, checked_settings
from vae.locale import N_, _, language, retold
from vae.studies.engine.pictures import ten_pictures
from vae.studies.engine.records import Record
from vae.studies.engine.sharing import shared_name
from vae.training.plan import plan

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from vae.measures import Subject
    from vae.studies.engine.records import Strips

Scalar = float | int | str
_METHODS = Path(__file__).resolve().parents[1] / "methods"
MNIST_NET: Mapping[str, Any] = {"arch": "mlp", "hidden": (512, 256)}
"""The dense net that studies vary one thing of, unless they say otherwise."""


class StudySettings(BaseModel):
    """What a person chooses of a study."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    study: str
    dataset: str = Field("mnist", description=N_("Data set to train and measure on."))
    epochs: int = Field(10, ge=1, le=10_000, description=N_("Epochs of each run."))
    seeds: int = Field(3, ge=1, le=20, description=N_("Runs of each setting: seeds 0, 1, 2 …"))
    values: tuple[float, ...] | None = Field(
        None,
        min_length=1,
        max_length=50,
        description=N_("Values of what is varied; the study's own unless given."),
    )
    samples: int | None = Field(
        None,
        ge=1,
        le=1000,
        description=N_(
            "Samples L of z for each image while training, where a study lets it be "
            "chosen: 1 unless given."
        ),
    )

    def arguments(self) -> list[str]:
        """Return the arguments of ``python -m vae`` that run this study."""
        found = ["study", self.study, "--dataset", self.dataset]
        found += ["--epochs", str(self.epochs), "--seeds", str(self.seeds)]
        if self.values is not None:
            # One argument: numbers that begin with a minus are no option.
            found.append("--values=" + ",".join(repr(v).removesuffix(".0") for v in self.values))
        if self.samples is not None:
            found += ["--samples", str(self.samples)]
        return found


@dataclass(frozen=True, eq=False)
class Arm:
    """One setting of what a study varies: as many runs as there are seeds."""

    name: str
    """What figures call it, in English: ``d = 2``."""
    values: Mapping[str, Scalar]
    """The columns of the table that say what is varied."""
    family: str = "vae"
    data: Mapping[str, Any] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the model's config; those of :data:`MNIST_NET` where they are not given."""
    train: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the training's config; epochs and seed are the study's unless given."""

    @property
    def label(self) -> str:
        """What figures call it."""
        return retold(self.name)

    def config(self, settings: StudySettings, seed: int) -> RunConfig:
        """Return the run of one seed.

        Raises UserError if a setting is out of bounds.
        """
        made = plan(
            self.family,
            name="study",
            data={"dataset": settings.dataset, **self.data},
            model={**MNIST_NET, **self.model},
            train={"epochs": settings.epochs, **self.train, "seed": seed},
        )
        return made.model_copy(update={"name": shared_name(made)})


class Column(NamedTuple):
    """A figure of the table; its title and unit are messages."""

    title: str
    unit: str = ""
    digits: int = 2
    read: Callable[[Record], float | None] | None = None
    """None where it has no meaning for a run; the record's number of the column's name if not
    given."""

    @property
    def head(self) -> str:
        """Title and unit in the language to speak."""
        return f"{retold(self.title)}, {_(self.unit)}" if self.unit else retold(self.title)


_STANDARD = {
    "neg_elbo": Column(N_("-ELBO"), N_("nats"), read=lambda record: record.neg_elbo),
    "recon_loss": Column(N_("Reconstruction"), N_("nats")),
    "kl": Column(N_("KL"), N_("nats")),
    "active_units": Column(N_("Active units"), digits=0),
    "knn_accuracy": Column(N_("10-NN accuracy"), digits=3),
    "mse": Column(N_("Squared error"), N_("per pixel"), 4),
}


def standard(*names: str) -> dict[str, Column]:
    """Return the columns of these figures, which every run has."""
    return {name: _STANDARD[name] for name in names}


class Entry(NamedTuple):
    """A run of the study that has been measured."""

    arm: Arm
    seed: int
    record: Record


class Spread(NamedTuple):
    """A figure over the seeds."""

    median: float
    low: float
    high: float


def over(values: Sequence[float]) -> Spread:
    """Return median, least and greatest of some numbers, one a seed.

    Raises ValueError if there are none.
    """
    return Spread(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Result:
    """All that a study has measured so far."""

    study: Study
    settings: StudySettings
    arms: Sequence[Arm]
    entries: Sequence[Entry]
    folder: Path | None = None
    unread: int = 0
    """How many records in the folder are damaged, or of other settings."""

    @property
    def complete(self) -> bool:
        """Whether every run is there."""
        return len(self.entries) == len(self.arms) * self.settings.seeds

    def of(self, arm: Arm) -> list[Entry]:
        """Return the runs of a setting, by seed."""
        return sorted((entry for entry in self.entries if entry.arm is arm), key=lambda e: e.seed)

    def records(self, arm: Arm) -> list[Record]:
        """Return the records of a setting's runs, by seed."""
        return [entry.record for entry in self.of(arm)]

    def measured_arms(self) -> list[Arm]:
        """Return the settings of which there is a run."""
        return [arm for arm in self.arms if self.of(arm)]

    def spread(self, arm: Arm, column: str) -> Spread | None:
        """Return median, least and greatest over the seeds; None where no run has the figure."""
        found = [self.study.figure(record, column) for record in self.records(arm)]
        values = [value for value in found if value is not None]
        return over(values) if values else None

    def spread_of(self, arm: Arm, column: str) -> Spread:
        """Return the same where a run must have the figure.

        Raises ValueError if none has.
        """
        found = self.spread(arm, column)
        if found is None:
            raise ValueError(f"no run of {arm.name} has {column}")
        return found

    def median(self, arm: Arm, column: str) -> float:
        """Return the median of :meth:`spread_of`."""
        return self.spread_of(arm, column).median

    def arm(self, **values: Scalar) -> Arm:
        """Return the setting with these values.

        Raises KeyError if there is none.
        """
        for arm in self.arms:
            if all(arm.values.get(name) == value for name, value in values.items()):
                return arm
        raise KeyError(str(values))

    def strips(self, what: str, seed: int = 0) -> Iterator[tuple[Arm, bytes]]:
        """Yield the pictures of that name of each setting, as PNG."""
        for arm in self.arms:
            for entry in self.of(arm):
                if entry.seed == seed and what in entry.record.pictures:
                    yield arm, entry.record.pictures[what]


class Method:
    """The text ``methods/<name>.md``, in another language that in its folder if it is there.

    Numbers stand in the place of their ``{names}``.
    """

    def __init__(self, name: str, **numbers: int) -> None:
        self._name, self._numbers = name, numbers

    def __str__(self) -> str:
        path = _METHODS / language() / f"{self._name}.md"
        text = (path if path.exists() else _METHODS / path.name).read_text(encoding="utf-8")
        return text.strip().format(**self._numbers) if self._numbers else text.strip()


def by_value(arms: Sequence[Arm], name: str) -> list[Arm]:
    """Return settings in the order of one of their values."""
    return sorted(arms, key=lambda arm: float(arm.values[name]))


class Chart(NamedTuple):
    """A figure of a study, with what to see in it."""

    figure: go.Figure
    caption: str


@dataclass(frozen=True, eq=False)
class Study:
    """A question that a set of runs answers."""

    name: str
    title: str
    question: str
    """This and the title are messages."""
    how: Method | str
    """How it is asked: Markdown, with the sources and, where one has a slip, the slip."""
    epochs: int
    """Of each run unless asked otherwise."""
    arms: Callable[[StudySettings], list[Arm]]
    columns: Mapping[str, Column]
    charts: Callable[[Result], dict[str, Chart]]
    """Figures by the name of their file, of what there is so far; any part may be missing."""
    main: Callable[[Result], go.Figure | None]
    """That which answers the question, to be shown small; None where there is none yet."""
    finding: Callable[[Result], str]
    """Markdown, every number in it from the runs; only asked when all are there."""
    short: Callable[[Result], str]
    """The same in two sentences to quote."""
    measure: Callable[[Subject, RunConfig], dict[str, Any]] = lambda subject, config: {}
    """More figures of a trained model than the standard ones, as JSON takes them."""
    pictures: Callable[[Subject, RunConfig], Strips] = ten_pictures
    """Pictures of a trained model by name, asked of the first seed: ``(n, C, H, W)`` uint8."""
    seeds: int = 3
    varies: str = ""
    """What ``values`` are values of; empty where they cannot be chosen."""
    takes_samples: bool = False
    """Whether the number of samples of z that runs are trained with can be chosen."""

    @property
    def method(self) -> str:
        return str(self.how)

    def figure(self, record: Record, column: str) -> float | None:
        """Return a run's figure of the table."""
        read = self.columns[column].read
        return read(record) if read else record.number(column)

    def settings(self, **given: Any) -> StudySettings:
        """Return settings, the study's own where one is None.

        Raises ConfigError if one is out of bounds, or values or samples are given where none can
        be.
        """
        known = {name: value for name, value in given.items() if value is not None}
        with checked_settings():
            made = StudySettings(
                **{"study": self.name, "epochs": self.epochs, "seeds": self.seeds, **known}
            )
        if made.values is not None and not self.varies:
            raise ConfigError(
                _("the study {name} compares fixed settings: leave the values out.").format(
                    name=self.name
                )
            )
        if made.samples is not None and not self.takes_samples:
            raise ConfigError(
                _(
                    "the study {name} says itself how many samples of z its runs are trained "
                    "with: leave the samples out."
                ).format(name=self.name)
            )
        return made


def configs(study: Study, settings: StudySettings) -> list[tuple[Arm, int, RunConfig]]:
    """Return all runs of a study: every setting with the first seed, then with the next.

    Raises UserError if a setting is out of bounds, or there is no such data set.
    """
    arms = study.arms(settings)
    return [
        (arm, seed, arm.config(settings, seed)) for seed in range(settings.seeds) for arm in arms
    ]
