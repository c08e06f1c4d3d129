"""What a measure is, what it looks at, and what it needs to have a meaning."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import torch
from torch import Tensor

from vae.data import ImageData, Split
from vae.errors import RunError
from vae.locale import N_, _, retold
from vae.measures.classifier import FOLDER, Classifier, Facts, load_classifier
from vae.measures.likelihood import LogLikelihood, estimate
from vae.models import LatentModel
from vae.training.metrics import VIEWS, Codes, encode_all, evaluate

T = TypeVar("T")

SHARE = N_("of the test images")
"""The unit of a share, which is shown in percent."""
DEFAULT_SAMPLES = 500
NUM_IMAGES = 1_000
"""Test images, spread evenly over all of them, that the log-likelihood is estimated on."""


def evenly(split: Split, count: int) -> Split:
    """Return ``count`` images spread evenly over a split; all where there are no more.

    The first of a file are not like the rest: MNIST's first 5,000 test images are the tidier half.
    """
    return split if len(split) <= count else split[evenly_spaced(len(split), count)]


def evenly_spaced(total: int, count: int) -> Tensor:
    """Return ``count`` places from the first to the last of ``total``; all if there are fewer."""
    at = torch.linspace(0, max(0, total - 1), min(total, count), dtype=torch.float64)
    return at.round().long()


@dataclass(eq=False)
class Subject:
    """A model with the images that it is measured on; what several measures need is kept.

    The model is in evaluation mode, the data are the images as the run sees them.
    """

    model: LatentModel
    data: ImageData
    num_samples: int = DEFAULT_SAMPLES
    """K of the log-likelihood."""
    num_images: int = NUM_IMAGES
    classifiers: Path = FOLDER
    on_share: Callable[[float], None] = field(default=lambda share: None)
    """Called with the share that is done, 0 to 1, by measures that take long."""
    _kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def keep(self, name: str, make: Callable[[], T]) -> T:
        """Return what ``make`` returned when it was first asked for by this name."""
        if name not in self._kept:
            self._kept[name] = make()
        found: T = self._kept[name]
        return found

    @cached_property
    def standard(self) -> dict[str, Any]:
        """The figures of :func:`vae.training.metrics.evaluate`."""
        return evaluate(self.model, self.data)

    @cached_property
    def train_codes(self) -> Codes:
        """Codes of all training images."""
        return encode_all(self.model, self.data.train)

    @cached_property
    def test_codes(self) -> Codes:
        """Codes of all test images."""
        return encode_all(self.model, self.data.test)

    @cached_property
    def pixels(self) -> str:
        """The view of :data:`vae.training.metrics.VIEWS` whose likelihood is one, or a density."""
        return "binary" if is_bernoulli(self.model) else "grey"

    @cached_property
    def log_likelihood(self) -> LogLikelihood:
        """The importance-weighted estimate on some test images."""
        return estimate(
            self.model,
            evenly(self.data.test, self.num_images),
            self.num_samples,
            VIEWS[self.pixels],
            lambda done, total: self.on_share(done / total),
        )

    @cached_property
    def classifier(self) -> tuple[Classifier, Facts]:
        """The data set's own classifier.

        Raises RunError if there is none, or it is damaged, or was trained on images of another
        shape.
        """
        judge, facts = load_classifier(self.data.name, self.classifiers)
        if judge.shape != self.data.shape:
            raise RunError(
                _(
                    "the classifier of {data} was trained on images of another shape: "
                    "`python -m vae classifier train --dataset {data}` makes it again."
                ).format(data=self.data.name)
            )
        return judge, facts


def is_bernoulli(model: LatentModel) -> bool:
    """Whether pixels are drawn from a Bernoulli: then black-or-white ones have a probability."""
    return "likelihood" in model.options and model.config.likelihood == "bernoulli"


# ---- what a measure needs ------------------------------------------------------------------------


def _gaussian_posterior(subject: Subject) -> str | None:
    model = subject.model
    if not model.has_prior:
        return _(
            "An autoencoder's codes are points and have no prior: there is no q(z|x) "
            "to draw from, no KL and no bound on a likelihood."
        )
    if not model.is_continuous:
        return _(
            "The codes of a {family} are entries of a codebook and have no noise, so "
            "there is no Gaussian q(z|x) to draw from."
        ).format(family=model.config.family)
    return None


def _probability(subject: Subject) -> str | None:
    if is_bernoulli(subject.model):
        return None
    return _(
        "Gaussian pixels have a density, not a probability: its logarithm "
        "depends on the unit that grey levels are counted in, so there are no "
        "bits to count."
    )


def _classes(subject: Subject) -> str | None:
    for split, name in (
        (subject.data.train, N_("training")),
        (subject.data.test, N_("test")),
    ):
        if len(split.labels.unique()) < 2:
            return _(
                "The {name} images are all of one class, so there is nothing to distinguish."
            ).format(name=_(name))
    return None


def _judge(subject: Subject) -> str | None:
    try:
        subject.classifier  # noqa: B018
    except RunError as error:
        text = retold(str(error))
        return text[:1].upper() + text[1:]
    if len(subject.data.test) < 2:
        return _("There are fewer than two test images to compare with.")
    return None


def _factors(subject: Subject) -> str | None:
    if subject.data.factor_names and subject.data.test.factors is not None:
        return None
    return _(
        "The factors of the images of {data} are not known: only a data set that "
        "was made from known factors, such as shapes, can show whether a "
        "dimension stands for one."
    ).format(data=subject.data.name)


Need = Literal["posterior", "probability", "classes", "classifier", "factors"]

NEEDS: dict[Need, Callable[[Subject], str | None]] = {
    "posterior": _gaussian_posterior,
    "probability": _probability,
    "classes": _classes,
    "classifier": _judge,
    "factors": _factors,
}
"""Each says in a sentence why it is not met, or returns None."""


# ---- a measure -----------------------------------------------------------------------------------

Number = float | int
Value = Number | list[float] | dict[str, float]


class MeasureValue(NamedTuple):
    """The value of a measure: a number, one for each dimension, or one for each name."""

    value: Value
    details: dict[str, Any] = {}  # noqa: RUF012
    """What belongs to it: an error, how many images, what to compare it with. As JSON takes it."""


@dataclass(frozen=True)
class Measure:
    """One figure: how it is computed, what it counts, and when not to trust it."""

    words: Mapping[str, str]
    """Messages: its title, its unit, its meaning in a line, a caution in one or two sentences."""
    function: Callable[[Subject], MeasureValue]
    needs: tuple[Need, ...] = ()
    group: str = ""
    filled_in: Mapping[str, object] = field(default_factory=dict)
    """What stands in braces in its words."""

    @property
    def title(self) -> str:
        return self._said("title")

    @property
    def unit(self) -> str:
        return self._said("unit")

    @property
    def is_share(self) -> bool:
        """Whether its value is a share, 0 to 1, of the test images."""
        return self.words["unit"] == SHARE

    @property
    def meaning(self) -> str:
        return self._said("meaning")

    @property
    def caution(self) -> str:
        return self._said("caution")

    def _said(self, part: str) -> str:
        values = {
            name: _(value) if isinstance(value, str) else value
            for name, value in self.filled_in.items()
        }
        return _(self.words[part]).format(**values)

    def why_not(self, subject: Subject) -> str | None:
        """Return the sentence that says why it has no meaning here; None where it has one."""
        reasons = (NEEDS[need](subject) for need in self.needs)
        return next((reason for reason in reasons if reason is not None), None)
