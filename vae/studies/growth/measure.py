"""What the study of growth measures of a run: the surgery itself, the ELBO's noise, each neuron."""

from __future__ import annotations

import copy
import statistics
from typing import TYPE_CHECKING, Any

from torch import Generator

from vae.analysis.grow import ages, structures
from vae.config import ModelConfig, RunConfig
from vae.config.growth import Change, GrowthConfig, Outgoing
from vae.data import Split
from vae.measures.ablation import ablate
from vae.measures.base import evenly
from vae.measures.bounds import elbo_std_by_samples
from vae.models import LatentModel
from vae.models.growing import GrowingVAE
from vae.studies.engine.records import Record
from vae.training.metrics import split_terms

if TYPE_CHECKING:
    from vae.measures import Subject

SURGERY_IMAGES = 2_000
SURGERY_DRAWS = 3
"""How often new weights are drawn: the mean over them is kept."""
NEURON_IMAGES = 300
LAYER = 0
"""The hidden layer, counted from the image, whose neurons are set to zero in turn."""
CERTAIN = 2.0
"""A neuron does nothing where its effect is at most so many standard errors from 0."""


def measure(subject: Subject, config: RunConfig) -> dict[str, Any]:
    """Return ``elbo_std`` by L, ``neurons``, and of an encoder that grows ``surgery_he`` and so on.

    The standard deviations are those of :func:`vae.measures.bounds.elbo_std_by_samples`, in nats;
    ``neurons`` has a number for each: ``change`` and its ``error`` in nats, ``active`` as a share,
    and the epoch from which on the encoder has it, ``born``.
    """
    deviation = elbo_std_by_samples(subject)
    found: dict[str, Any] = {
        "elbo_std": deviation.value,
        "std_between_images": deviation.details["std_between_images"],
        "neurons": neurons(subject, config),
    }
    model = subject.model
    if isinstance(model, GrowingVAE) and config.model.growth is not None:
        images = evenly(subject.data.test, SURGERY_IMAGES)
        kinds: tuple[Outgoing, ...] = ("he", "zero")
        for outgoing in kinds:
            found[f"surgery_{outgoing}"] = surgery(model, images, outgoing, config.train.seed)
    return found


def surgery(model: GrowingVAE, images: Split, outgoing: Outgoing, seed: int) -> float:
    """Return by how much -ELBO changes when an encoder is expanded once more, before any training.

    In nats per image, with the same noise before and after; the mean over some draws of the new
    weights. The model stays as it is. Each layer gains what its schedule adds.
    """
    growth = model.config.growth or GrowthConfig()
    sizes = model.hidden_now() or model.config.hidden
    step = growth.add or growth.changes(model.config.hidden)[0].sizes
    grown = tuple(had + more for had, more in zip(sizes, step, strict=True))
    before = _negative_elbo(model, images)
    rises = []
    for draw in range(SURGERY_DRAWS):
        larger = copy.deepcopy(model)
        schedule = growth.model_copy(update={"outgoing": outgoing})
        generator = Generator().manual_seed(seed * SURGERY_DRAWS + draw)
        larger.change(Change(1, sizes, grown), schedule, generator=generator)
        rises.append(_negative_elbo(larger.eval(), images) - before)
    return statistics.fmean(rises)


def _negative_elbo(model: LatentModel, images: Split) -> float:
    terms = split_terms(model, images)[0]
    return terms.recon_loss + (terms.kl or 0.0)


def neurons(subject: Subject, config: RunConfig) -> dict[str, list[float] | None]:
    """Return what each neuron of the first hidden layer does, by name: see :func:`measure`."""
    found = ablate(subject.model, LAYER, evenly(subject.data.test, NEURON_IMAGES), worst=1)
    return {
        "change": found.change.tolist(),
        "error": found.error.tolist(),
        "active": found.active.tolist(),
        "born": _born(config.model, config.train.epochs, len(found.change)),
    }


def _born(model: ModelConfig, epochs: int, count: int) -> list[float] | None:
    if model.growth is None:
        return [1.0] * count
    found = ages(model.growth, model.growth.changes(model.hidden), LAYER, epochs)
    return None if found is None else found.tolist()


# ---- read back -----------------------------------------------------------------------------------


def jumps(record: Record) -> dict[int, float]:
    """Return how much test -ELBO rose over the first epoch of each structure, by that epoch.

    -ELBO after it minus -ELBO after the epoch before it, in nats.
    """
    found = structures(record.config.model, record.epochs)[1:]
    return {each.epoch: each.jump for each in found if each.jump is not None}


def rises(record: Record, since: int = 2) -> dict[int, float]:
    """Return how much test -ELBO rose over each epoch from ``since`` on, by epoch."""
    values = record.curve()
    return {
        epoch: value - values[epoch - 1]
        for epoch, value in values.items()
        if epoch >= since and epoch - 1 in values
    }


def idle(record: Record) -> list[bool] | None:
    """Return for each neuron whether its effect is within two standard errors of 0."""
    found = record.figures.get("neurons")
    if not found:
        return None
    pairs = zip(found["change"], found["error"], strict=True)
    return [abs(change) <= CERTAIN * (error or 0.0) for change, error in pairs]


def by_age(record: Record) -> dict[int, list[tuple[float, bool]]]:
    """Return effect, and whether it is none, of each neuron, by the epoch that it is there from."""
    found = record.figures.get("neurons") or {}
    groups: dict[int, list[tuple[float, bool]]] = {}
    nothing = idle(record)
    if nothing is None or found.get("born") is None:
        return groups
    for born, change, does_nothing in zip(found["born"], found["change"], nothing, strict=True):
        groups.setdefault(int(born), []).append((change, does_nothing))
    return groups


def idle_share(record: Record) -> float | None:
    """Return the share of the neurons that do nothing."""
    nothing = idle(record)
    return None if nothing is None else sum(nothing) / len(nothing)


def elbo_std(record: Record, samples: int) -> float | None:
    """Return the standard deviation of an image's ELBO estimated with so many samples, in nats."""
    found = record.figures.get("elbo_std", {}).get(str(samples))
    return None if found is None else float(found)
