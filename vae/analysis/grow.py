"""What a growing run has gone through: its -ELBO, its structures, and the target to compare with.

A change is made before an epoch, so it lies where the epoch before it ends: on an axis where the
value after epoch e stands at e, a structure from epoch e on begins at ``e - 1``.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vae.config import ModelConfig, RunConfig
from vae.config.growth import Change, GrowthConfig, Sizes
from vae.figures.compare import Curve
from vae.locale import _
from vae.models import check_family
from vae.models.vae import VAE
from vae.runs import Run
from vae.runs.titles import title

Line = Mapping[str, Any]


class Structure(NamedTuple):
    """A structure that a run was trained with, and what the change to it did."""

    epoch: int
    """The first epoch that was trained with it."""
    sizes: Sizes
    parameters: int
    """Weights and biases of the encoder."""
    before: float | None
    """-ELBO on test images after the last epoch of the structure before, nats per image."""
    after: float | None
    """-ELBO after the first epoch with this one."""
    regained: int | None
    """Epochs until -ELBO was no more than ``before``, or None where it has not been yet."""

    @property
    def jump(self) -> float | None:
        """How much -ELBO rose over the first epoch with it."""
        return None if self.before is None or self.after is None else self.after - self.before


def grows(config: RunConfig) -> bool:
    """Whether a run's encoder has a schedule of growth."""
    return config.model.growth is not None


def why_not(run: Run) -> str:
    """Say why the neurons of a run's encoder cannot be measured; "" where they can."""
    is_vae = issubclass(check_family(run.config.model.family).model, VAE)
    if is_vae and run.config.model.arch == "mlp" and run.config.model.hidden:
        return ""
    return _(
        "{name} has no hidden dense layer whose loss in −ELBO could be measured: choose a VAE."
    ).format(name=title(run))


def negative_elbo(line: Line, split: str) -> float | None:
    """Return reconstruction + KL of a report, whatever its objective weighs them with."""
    terms = line.get(split)
    if not isinstance(terms, Mapping):
        return None
    recon_loss, kl = terms.get("recon_loss"), terms.get("kl")
    if not isinstance(recon_loss, int | float) or not isinstance(kl, int | float):
        return None
    return float(recon_loss + kl)


def elbo_curve(name: str, place: int, lines: Sequence[Line]) -> Curve:
    """Return -ELBO after each epoch, nats per image, from a run's epoch lines."""

    def series(split: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        found = [(line["epoch"], negative_elbo(line, split)) for line in lines]
        whole = [(epoch, value) for epoch, value in found if value is not None]
        table = np.array(whole, dtype=np.float64).reshape(-1, 2)
        return table[:, 0], table[:, 1]

    return Curve(name, place, *series("train"), *series("test"))


def encoder_parameters(config: ModelConfig, sizes: Sizes) -> int:
    """Return the weights and biases of a dense encoder with those hidden sizes."""
    widths = (math.prod(config.image_shape), *sizes, 2 * config.latent_dim)
    return sum((before + 1) * after for before, after in pairwise(widths))


def sizes_by_epoch(config: ModelConfig, lines: Sequence[Line]) -> dict[int, Sizes]:
    """Return the hidden sizes that each epoch so far was trained with.

    A line without them has those of the schedule.
    """
    found: dict[int, Sizes] = {}
    for line in lines:
        said, epoch = line.get("hidden"), int(line["epoch"])
        whole = isinstance(said, list) and len(said) == len(config.hidden)
        if said is not None and whole and all(type(size) is int for size in said):
            found[epoch] = tuple(said)
        elif config.growth is not None:
            found[epoch] = config.growth.sizes_at(config.hidden, epoch)
        else:
            found[epoch] = config.hidden
    return found


def structures(config: ModelConfig, lines: Sequence[Line]) -> list[Structure]:
    """Return the structures so far, oldest first; before the first epoch, the one at the start."""
    sizes = sizes_by_epoch(config, lines)
    if not sizes:
        begun = config.growth.sizes_at(config.hidden, 1) if config.growth else config.hidden
        return [Structure(1, begun, encoder_parameters(config, begun), None, None, None)]
    values = {int(line["epoch"]): negative_elbo(line, "test") for line in lines}
    changed = [
        epoch
        for place, epoch in enumerate(sizes)
        if place == 0 or sizes[epoch] != list(sizes.values())[place - 1]
    ]
    result = []
    for epoch in changed:
        before = values.get(epoch - 1)
        again = (
            later - epoch + 1
            for later, value in values.items()
            if later >= epoch and before is not None and value is not None and value <= before
        )
        count = encoder_parameters(config, sizes[epoch])
        result.append(
            Structure(epoch, sizes[epoch], count, before, values.get(epoch), next(again, None))
        )
    return result


def mean_parameters(config: ModelConfig, lines: Sequence[Line]) -> float | None:
    """Return the encoder's parameters, averaged over the epochs so far; None before the first."""
    sizes = sizes_by_epoch(config, lines).values()
    return float(np.mean([encoder_parameters(config, each) for each in sizes])) if sizes else None


def ages(
    growth: GrowthConfig, changes: Sequence[Change], layer: int, until: int
) -> NDArray[np.int64] | None:
    """Return the first epoch of each neuron of a layer, ``(n,)``, after epoch ``until``.

    None where that is not known: neurons of several ages that were cut back to those of the
    largest norm.
    """
    born = np.ones(changes[0].sizes[layer], dtype=np.int64)
    for change in changes[1:]:
        if change.epoch > until:
            break
        keep, size = change.keep[layer], change.sizes[layer]
        if keep < len(born) and growth.keep_rule == "norm" and len(set(born.tolist())) > 1:
            return None
        fresh = np.full(size - min(keep, len(born)), change.epoch, dtype=np.int64)
        born = np.concatenate([born[:keep], fresh])
    return born


def _is_target(config: RunConfig, growing: RunConfig) -> bool:
    same_model = growing.model.model_copy(update={"family": config.model.family, "growth": None})
    theirs, ours = config.train, growing.train
    return (
        config.model.family == "vae"
        and config.data == growing.data
        and config.model == same_model
        and (theirs.batch_size, theirs.lr, theirs.samples, theirs.kl_warmup)
        == (ours.batch_size, ours.lr, ours.samples, ours.kl_warmup)
    )


def find_target(growing: RunConfig, runs: Sequence[Run]) -> Run | None:
    """Return the fixed target of a growing run: a VAE of its final size with the same settings.

    One of the same seed is taken before others, then one with as many epochs; of equal ones the
    first in ``runs``.
    """
    found = [run for run in runs if _is_target(run.config, growing)]

    def distance(run: Run) -> tuple[bool, bool]:
        theirs, ours = run.config.train, growing.train
        return theirs.seed != ours.seed, theirs.epochs != ours.epochs

    return min(found, key=distance, default=None)


def scaled(growth: GrowthConfig, epochs: int, asked: int) -> GrowthConfig:
    """Return a schedule made for so many ``epochs``, for a run of ``asked`` of them instead."""

    def fit(epoch: int | None) -> int | None:
        return None if epoch is None else max(1, round(epoch * asked / epochs))

    update = {name: fit(getattr(growth, name)) for name in ("every", "until", "keep_at")}
    return growth.model_copy(update=update)


def robust_range(curves: Sequence[Curve], *, skip: float = 0.08) -> tuple[float, float] | None:
    """Return a range for -ELBO that the first epochs, often far off, do not stretch.

    ``skip`` is the share of the epochs, at least one of them, that need not be in sight.
    """
    low, high = math.inf, -math.inf
    for curve in curves:
        for values in (curve.test, curve.train):
            whole = values[np.isfinite(values)]
            if not len(whole):
                continue
            late = whole[max(1, round(skip * len(whole))) :] if len(whole) > 4 else whole
            low, high = min(low, float(whole.min())), max(high, float(late.max()))
    if not math.isfinite(low):
        return None
    span = (high - low) or 1.0
    # Above, there is room for the labels of the marks.
    return low - 0.05 * span, high + 0.15 * span
