"""From settings, as a page or a command line has them, to the config of a run."""

from collections.abc import Mapping
from typing import Any

from vae.config import DataConfig, RunConfig, TrainConfig, automatic_name, make
from vae.data import spec_of
from vae.data.views import check_classes, resolve_binarise
from vae.errors import ConfigError
from vae.locale import _
from vae.models import check_family, configure


def plan(
    family: str,
    *,
    name: str | None = None,
    data: Mapping[str, Any],
    model: Mapping[str, Any],
    train: Mapping[str, Any],
) -> RunConfig:
    """Return the config of a run; a setting that is None is left to the family's default.

    Raises ConfigError if a value is out of bounds, or the family does not take a setting; DataError
    if there is no such data set, or not the classes that are asked of it.

    ``data``, ``model`` and ``train`` are fields of :class:`DataConfig`, :class:`ModelConfig` (but
    for the image's shape and the number of classes, which the data set fixes) and
    :class:`TrainConfig`. A name is made from the settings and the time if none is given.
    """
    kind = check_family(family).model
    of_data = make(DataConfig, **_given(data))
    spec = spec_of(of_data.dataset)
    check_classes(spec.name, spec.class_names, of_data.classes)
    pixels = resolve_binarise(of_data.binarise if data.get("binarise") else None, spec)
    of_data = of_data.model_copy(update={"binarise": pixels})
    of_model = configure(
        family,
        num_classes=len(spec.class_names),
        **_given(model),
        image_shape=spec.shape,
    )
    settings = {"samples": kind.default_samples, **_given(train)}
    of_train = make(TrainConfig, **settings)
    if not kind.takes_samples and of_train.samples > 1:
        raise ConfigError(
            _(
                "the family {family} draws no samples of z while it trains: leave samples at 1."
            ).format(family=family)
        )
    if of_train.kl_warmup and "beta" not in kind.options:
        raise ConfigError(
            _(
                "the family {family} has no weighted KL that could warm up: leave kl-warmup at 0."
            ).format(family=family)
        )
    run_name = name if name is not None else automatic_name(of_data, of_model, of_train)
    return make(RunConfig, name=run_name, data=of_data, model=of_model, train=of_train)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in values.items() if value is not None}
