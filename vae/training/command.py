"""From the config of a run back to the command that trains its like."""

import shlex
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from vae.config import OF_THE_DATA, DataConfig, ModelConfig, RunConfig, TrainConfig, make
from vae.data import known_spec
from vae.data.views import resolve_binarise
from vae.models import all_options, check_family, configure


def train_command(config: RunConfig) -> str:
    """Return the line that trains a run with these settings: those that are no defaults.

    It gives no name: the run that it makes gets one of its own.
    """
    words = ["python", "-m", "vae", "train", *_options(config)]
    return shlex.join(words)


def _options(config: RunConfig) -> Iterator[str]:
    model, data = config.model, config.data
    kind = check_family(model.family).model
    spec = known_spec(data.dataset)
    usual_model = configure(model.family, arch=model.arch)
    usual_data = DataConfig(binarise=resolve_binarise(None, spec) if spec else "none")
    usual_train = make(TrainConfig, samples=kind.default_samples)
    left = {*OF_THE_DATA, *all_options()} - set(kind.options)
    if model.family != ModelConfig().family:
        yield from ("--family", model.family)
    if model.arch != ModelConfig().arch:
        yield from ("--arch", model.arch)
    for given, usual in ((model, usual_model), (data, usual_data), (config.train, usual_train)):
        for name in type(given).model_fields:
            value = getattr(given, name)
            if name not in left and value != getattr(usual, name):
                yield from (f"--{name.replace('_', '-')}", _as_typed(value))


def _as_typed(value: Any) -> str:
    if isinstance(value, BaseModel):
        return value.model_dump_json(exclude_defaults=True)
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
