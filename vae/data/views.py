"""A data set as a run asks for it: some classes only, its pixels black and white."""

from dataclasses import replace

import torch

from vae.config import Binarise, DataConfig
from vae.data.images import ImageData, Split
from vae.data.registry import DatasetSpec, spec_of
from vae.data.store import load
from vae.errors import ConfigError, DataError
from vae.locale import _

_LISTED = 12


def load_for(config: DataConfig) -> ImageData:
    """Read the data set that a run names and keep what the run asks for.

    Test images are black and white for both kinds of binarisation: those drawn again for every
    batch are the training's alone.

    Raises DataError if it is not there, or one of the classes is not or has no images.
    """
    if config.binarise == "none":
        meant = spec_of(config.dataset).default_binarise
        config = config.model_copy(update={"binarise": meant})
    return view(load(config.dataset), config)


def view(data: ImageData, config: DataConfig) -> ImageData:
    """Return what a run asks for of a data set that has been read.

    Raises DataError if one of the classes is not there or has no images.
    """
    check_classes(config.dataset, data.class_names, config.classes)
    train, test = (only(split, config.classes) for split in (data.train, data.test))
    for split, name in ((train, "training"), (test, "test")):
        if not len(split):
            wanted = ", ".join(data.class_names[label] for label in config.classes or ())
            raise DataError(
                _("{dataset} has no {name} image of the classes {wanted}: choose others.").format(
                    dataset=config.dataset, name=name, wanted=wanted
                )
            )
    if config.binarise == "static":
        train = black_and_white(train)
    if config.binarise != "none":
        test = black_and_white(test)
    return replace(data, train=train, test=test)


def only(split: Split, classes: tuple[int, ...] | None) -> Split:
    """Return the images of some classes, all for None; labels stay as they are."""
    if classes is None:
        return split
    return split[torch.isin(split.labels, torch.tensor(classes))]


def black_and_white(split: Split) -> Split:
    """Return the split with each grey level above half as white, others as black."""
    return replace(split, images=(split.images > 127).to(torch.uint8) * 255)


def check_classes(name: str, class_names: tuple[str, ...], classes: tuple[int, ...] | None) -> None:
    """Refuse labels that the data set ``name`` does not have.

    Raises DataError if there is one.
    """
    for label in classes or ():
        if label >= len(class_names):
            raise DataError(
                _("{name} has no class {label}: {choices}.").format(
                    name=name, label=label, choices=_choices(class_names)
                )
            )


def _choices(class_names: tuple[str, ...]) -> str:
    listed = ", ".join(class_names[:_LISTED]) + (", …" if len(class_names) > _LISTED else "")
    labels = (
        _("labels 0 to {n_class_names}").format(n_class_names=len(class_names) - 1)
        if len(class_names) > 1
        else _("label 0")
    )
    return _("its classes are {listed} ({labels})").format(listed=listed, labels=labels)


def parse_classes(text: str, spec: DatasetSpec) -> tuple[int, ...]:
    """Read classes as typed, names or labels: ``"1,7"`` or ``"bag,coat"``; a name counts first.

    Raises ConfigError if the data set has no such class, or none is named.
    """
    lower = [name.lower() for name in spec.class_names]
    found = set()
    for part in filter(None, map(str.strip, text.split(","))):
        if part.lower() in lower:
            found.add(lower.index(part.lower()))
        elif part.isdecimal() and int(part) < len(lower):
            found.add(int(part))
        else:
            raise ConfigError(
                _("{spec} has no class {part!r}: {choices}.").format(
                    spec=spec.name, part=part, choices=_choices(spec.class_names)
                )
            )
    if not found:
        raise ConfigError(
            _("{text!r} names no class of {spec}: {choices}.").format(
                text=text, spec=spec.name, choices=_choices(spec.class_names)
            )
        )
    return tuple(sorted(found))


def resolve_binarise(asked: Binarise | None, spec: DatasetSpec) -> Binarise:
    """Return how a run sees the pixels: as it asks, or as the data set is meant.

    Raises ConfigError if grey levels are asked of a set that is black and white.
    """
    if asked is None:
        return spec.default_binarise
    if asked == "none" and spec.default_binarise != "none":
        raise ConfigError(
            _(
                "{spec} is black and white: choose static or dynamic, or another data set for "
                "grey levels."
            ).format(spec=spec.name)
        )
    return asked
