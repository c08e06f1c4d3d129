"""Out-of-distribution detection by the loss of an image.

A model learns to reconstruct what it was trained on. An image of another kind has a higher loss,
and that loss is a score: above a threshold the image is taken for out-of-distribution.

References
----------
An and Cho, "Variational Autoencoder based Anomaly Detection using Reconstruction Probability",
SNU Data Mining Center, 2015 (the loss as a score); Nalisnick et al., "Do Deep Generative Models
Know What They Don't Know?", ICLR 2019 (arXiv:1810.09136: a likelihood may be higher for images of
another data set, so a score can also fail).
"""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from vae.analysis.thresholds import Flags, Floats
from vae.config import DataConfig, RunConfig
from vae.data import ImageData, all_datasets, load_for, pixels, spec_of
from vae.data.registry import DatasetSpec
from vae.data.views import resolve_binarise
from vae.errors import DataError
from vae.locale import N_, _, ngettext
from vae.measures.likelihood import MAX_DECODED
from vae.models import LatentModel, check_family
from vae.runs import Run
from vae.runs.titles import title
from vae.training.costs import cost_at_code, cost_over_samples
from vae.training.metrics import EVAL_SEED, check_images, model_device

SAMPLES = 4
"""Samples of z that the negative ELBO is averaged over; their noise is fixed."""
SCORES = {"recon_loss": N_("Reconstruction loss"), "elbo": N_("Negative ELBO")}
"""Scores of an image, the greater the less like the training images: name -> title."""
REST = "other-classes"
"""Stands for the classes of the run's own data set that it was not trained on."""
ONE_CLASS = {"latent_dim": 8, "epochs": 30}
"""Settings of a model that is trained on one class alone."""


# ---- known and out-of-distribution images ----------------------------------------------------


def has_rest(config: DataConfig) -> bool:
    """Return whether a run has left out classes of its data set."""
    count = len(spec_of(config.dataset).class_names)
    return config.classes is not None and len(set(config.classes)) < count


def _left_out(config: DataConfig) -> list[int]:
    """Return the classes of a run's data set that it was not trained on."""
    mine = config.classes
    count = len(spec_of(config.dataset).class_names)
    return [] if mine is None else [label for label in range(count) if label not in mine]


def _title_of(spec: DatasetSpec, labels: Sequence[int]) -> str:
    """Name some classes of a data set: those that are left out, where these are fewer."""
    left = [label for label in range(len(spec.class_names)) if label not in labels]
    values = {"title": _(spec.title)}
    if 0 < len(left) < len(labels):
        return _("{title} without {names}").format(names=_names(spec, left), **values)
    return ngettext("{title}, class {names}", "{title}, classes {names}", len(labels)).format(
        names=_names(spec, labels), **values
    )


def _names(spec: DatasetSpec, labels: Sequence[int]) -> str:
    return ", ".join(_(spec.class_name(label)) for label in labels[:5]) + (
        " …" if len(labels) > 5 else ""
    )


def _same_pictures(one: DatasetSpec, other: DatasetSpec) -> bool:
    return one.name == other.name or bool(one.folder and one.folder == other.folder)


def ood_sets(config: RunConfig) -> dict[str, str]:
    """Return the sets of images that are out-of-distribution for a run: name -> title.

    The classes that it was not trained on, and data sets of the same shape, here or not.

    Raises DataError if the run's own data set is not registered (any more).
    """
    own = spec_of(config.data.dataset)
    rest = {REST: _title_of(own, _left_out(config.data))} if has_rest(config.data) else {}
    return rest | {
        name: _(spec.title)
        for name, spec in all_datasets().items()
        if spec.shape == config.model.image_shape and not _same_pictures(spec, own)
    }


def why_not(run: Run) -> str:
    """Say why there are no images of a kind that a run was not trained on; "" where there are.

    Raises DataError if the run's own data set is not registered (any more).
    """
    if has_rest(run.config.data) or ood_sets(run.config):
        return ""
    return _(
        "{name} was trained on all classes of {title}, and there is no other data set of the same "
        "shape: nothing is unknown to it. Train a model on one class alone, and the others become "
        "the unknown."
    ).format(name=title(run), title=_(spec_of(run.config.data.dataset).title))


def training_command(dataset: str, label: int) -> str:
    """Return the command that trains a model on one class alone."""
    name = spec_of(dataset).class_names[label]
    return (
        f"python -m vae train --dataset {dataset} --classes {shlex.quote(name)} "
        f"--latent-dim {ONE_CLASS['latent_dim']} --epochs {ONE_CLASS['epochs']}"
    )


def _nothing_unknown(config: RunConfig) -> str:
    spec = spec_of(config.data.dataset)
    others = [name for name in ood_sets(config) if name != REST]
    command = training_command(spec.name, min(1, len(spec.class_names) - 1))
    words = (
        _(
            "{run} was trained on all classes of {title}, so none of its test images is of an "
            "unknown kind: train a model on some classes alone, as with `{command}`, or name a "
            "data set to compare with: {others}."
        )
        if others
        else _(
            "{run} was trained on all classes of {title}, so none of its test images is of an "
            "unknown kind: train a model on some classes alone, as with `{command}`."
        )
    )
    return words.format(
        run=config.name, title=_(spec.title), command=command, others=", ".join(others)
    )


@dataclass(frozen=True, eq=False)
class OODSplit:
    """Test images of kinds that a model was trained on, and of kinds that it was not."""

    known_title: str
    unknown_title: str
    images: Tensor
    """``(n, C, H, W)``, uint8, as the run sees them."""
    known: Flags
    """``(n,)``: whether the model was trained on this kind."""
    groups: NDArray[np.int64]
    """``(n,)``: which of ``group_names`` an image belongs to."""
    group_names: tuple[str, ...]

    def group(self, index: int) -> str:
        """Return the name of an image's kind."""
        return self.group_names[int(self.groups[index])]


def ood_split(config: RunConfig, against: str | None = None) -> OODSplit:
    """Read test images of the known and the unknown kinds, the known ones first.

    ``against`` is one of :func:`ood_sets`; the other classes of the run's data set unless given.

    Raises DataError if there is nothing unknown, no such data set, it is not on this machine, or of
    another shape.
    """
    of_data, own_spec = config.data, spec_of(config.data.dataset)
    if against is None or against == REST:
        if not has_rest(of_data):
            raise DataError(_nothing_unknown(config))
        other_spec = None
    else:
        other_spec = spec_of(against)
        if _same_pictures(own_spec, other_spec):
            raise DataError(
                _(
                    "{title} has the very images that {name} was trained on: name another data set."
                ).format(title=_(other_spec.title), name=config.name)
            )
    own = load_for(of_data.model_copy(update={"classes": None}))
    check_images(config.model, own)
    classes = of_data.classes
    mine = (
        torch.ones(len(own.test), dtype=torch.bool)
        if classes is None
        else torch.isin(own.test.labels, torch.tensor(classes))
    )
    names = tuple(map(_, own.class_names))
    known_title = _title_of(own_spec, classes or ()) if has_rest(of_data) else _(own_spec.title)
    known = own.test[mine]
    if other_spec is None:
        unknown, offset, title = (
            own.test[~mine],
            0,
            _title_of(own_spec, _left_out(of_data)),
        )
    else:
        other = _ood_data(config, other_spec)
        unknown, offset, title = other.test, len(names), _(other_spec.title)
        # Only where both have a class of that name is it said whose it is.
        names += tuple(
            f"{title}: {_(name)}" if name in own.class_names else _(name)
            for name in other.class_names
        )
    if not len(known) or not len(unknown):
        raise DataError(
            (
                _(
                    "the test images of {title} hold none of the unknown kind: "
                    "choose another data set."
                )
                if len(known)
                else _(
                    "the test images of {title} hold none of the known kind: "
                    "choose another data set."
                )
            ).format(title=_(own_spec.title))
        )
    return OODSplit(
        known_title,
        title,
        torch.cat([known.images, unknown.images]),
        np.arange(len(known) + len(unknown)) < len(known),
        torch.cat([known.labels, unknown.labels + offset]).numpy(),
        names,
    )


def _ood_data(config: RunConfig, spec: DatasetSpec) -> ImageData:
    """Read another data set with its pixels as the run sees its own."""
    asked = config.data.binarise
    seen = resolve_binarise(None if asked == "none" else asked, spec_of(config.data.dataset))
    found = load_for(DataConfig(dataset=spec.name, binarise="none" if seen == "none" else "static"))
    check_images(config.model, found)
    return found


# ---- scores ----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Scores:
    """Losses of images: each score ``(n,)``, in the unit of the model's loss."""

    values: dict[str, Floats]
    """Those of :data:`SCORES` that the family has."""
    labels: NDArray[np.int64] | None
    """``(n,)``: the label with the least loss for a conditional model, else None."""


def why_no_elbo(family: str) -> str | None:
    """Return the sentence that says why a family has no ELBO; None where it has one."""
    kind = check_family(family).model
    return None if kind.has_prior else kind.not_applicable.get("elbo", N_("It has no prior."))


@torch.inference_mode()
def score(
    model: LatentModel,
    images: Tensor,
    labels: Sequence[int] = (),
    on_progress: Callable[[float], None] | None = None,
) -> Scores:
    """Return the losses of images, uint8 ``(n, C, H, W)``.

    A score that is not finite counts as the greatest finite one. A conditional model tries each of
    ``labels``, those it was trained on, and takes the one with the least reconstruction loss.
    ``on_progress`` is called with the share that is done.
    """
    device = model_device(model)
    generator = Generator(device).manual_seed(EVAL_SEED)
    tried = torch.tensor(list(labels), device=device) if model.is_conditional else None
    found: dict[str, list[Tensor]] = {name: [] for name in SCORES}
    best_labels, done = [], 0
    for batch in images.split(MAX_DECODED // SAMPLES):
        x = pixels(batch.to(device))
        best = None
        if tried is None:
            recon = cost_at_code(model, x).recon_loss
        else:
            each = [cost_at_code(model, x, label.expand(len(x))).recon_loss for label in tried]
            least = torch.stack(each).min(0)
            recon, best = least.values, tried[least.indices]
            best_labels.append(best.cpu())
        found["recon_loss"].append(recon)
        elbo = cost_over_samples(model, x, SAMPLES, generator, best).elbo
        if elbo is not None:
            found["elbo"].append(-elbo)
        done += len(x)
        if on_progress is not None:
            on_progress(done / len(images))
    values = {name: _settled(torch.cat(parts)) for name, parts in found.items() if parts}
    return Scores(values, torch.cat(best_labels).numpy() if best_labels else None)


def _settled(values: Tensor) -> Floats:
    found = np.asarray(values.double().cpu().numpy(), dtype=np.float64)
    finite = found[np.isfinite(found)]
    return np.where(np.isfinite(found), found, finite.max() if len(finite) else 0.0)


def labels_of(config: RunConfig) -> list[int]:
    """Return the labels that a run was trained on; none where it is not conditional."""
    if not check_family(config.model.family).model.is_conditional:
        return []
    return list(config.data.classes or range(config.model.num_classes))


def examine(
    model: LatentModel,
    config: RunConfig,
    split: OODSplit,
    on_progress: Callable[[float], None] | None = None,
) -> Scores:
    """Return the losses of the images of a split."""
    return score(model, split.images, labels_of(config), on_progress)


# ---- by kind of image ------------------------------------------------------------------------


class GroupMean(NamedTuple):
    """Mean score of a kind of image."""

    name: str
    mean: float
    images: int
    is_known: bool


def group_means(split: OODSplit, values: Floats) -> list[GroupMean]:
    """Return the mean score of each kind, the lowest first."""
    members = {group: split.groups == group for group in np.unique(split.groups).tolist()}
    found = [
        GroupMean(
            split.group_names[group],
            float(values[mine].mean()),
            int(mine.sum()),
            bool(split.known[mine][0]),
        )
        for group, mine in members.items()
    ]
    return sorted(found, key=lambda kind: kind.mean)


@torch.inference_mode()
def reconstruct(model: LatentModel, images: Tensor, labels: NDArray[np.int64] | None) -> Tensor:
    """Return what the model makes of uint8 images: ``(n, C, H, W)`` in [0, 1], on the CPU."""
    device = model_device(model)
    given = None if labels is None else torch.from_numpy(labels).to(device)
    return model.reconstruct(pixels(images.to(device)), given).float().cpu()
