"""The settings of several runs, and in what they differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vae.config import DataConfig, ModelConfig, RunConfig, TrainConfig, help_text
from vae.locale import N_, _
from vae.models import all_options, check_family

MOST = 4
"""Runs that are compared at once."""


@dataclass(frozen=True)
class Example:
    """Two runs that teach something side by side, the one without a prior first."""

    title: str
    runs: tuple[str, ...]


EXAMPLES = (Example(N_("Autoencoder against VAE"), ("mnist-ae-2d", "mnist-vae-2d")),)


_ONLY_WITH = {
    "variance": ("likelihood", "gaussian"),
    "sigma": ("likelihood", "gaussian"),
    "sparsity_target": ("sparsity", "kl"),
}
"""Settings that count only under a value of another one."""


class Setting(NamedTuple):
    """One setting of each run, in words; None where a family does not read it."""

    group: str
    name: str
    help: str
    values: tuple[str | None, ...]

    @property
    def differs(self) -> bool:
        """Whether the runs do not agree."""
        return len(set(self.values)) > 1


def _in_words(value: object) -> str:
    if value is None:
        return "all"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _reads(config: RunConfig, field: str) -> bool:
    """Return whether a run's family reads a field of its model or training."""
    kind = check_family(config.model.family).model
    if field == "num_classes":
        return kind.is_conditional
    if field == "growth":
        return kind.grows
    if field == "samples":
        return kind.takes_samples
    if field == "kl_warmup":
        return "beta" in kind.options
    if field in _ONLY_WITH and field in kind.options:
        other, value = _ONLY_WITH[field]
        return bool(getattr(config.model, other) == value)
    return field not in all_options() or field in kind.options


def settings(configs: Sequence[RunConfig]) -> list[Setting]:
    """Return the settings that at least one of the runs' families reads, in the configs' order.

    Raises ConfigError if a run's family is unknown.
    """
    found = []
    for group, kind in (("data", DataConfig), ("model", ModelConfig), ("train", TrainConfig)):
        for field in kind.model_fields:
            values = tuple(
                _in_words(getattr(getattr(config, group), field)) if _reads(config, field) else None
                for config in configs
            )
            if any(value is not None for value in values):
                name = field.replace("_", " ")
                found.append(Setting(group, name, help_text(kind, field), values))
    return found


_NO_SETTING = ("seed", "device", "precision", "image shape")
"""What may differ without making two runs another experiment."""
_NAMED = 4


def differences(configs: Sequence[RunConfig]) -> list[Setting]:
    """Return in what runs differ, without what another difference brings with it.

    The seed and the machine do not count.
    """
    found = [one for one in settings(configs) if one.differs and one.name not in _NO_SETTING]
    names = {one.name for one in found}
    # Layers are other ones in another architecture, and what one family alone reads goes with it.
    return [
        one
        for one in found
        if not ("arch" in names and one.name == "hidden")
        and not ("family" in names and None in one.values)
    ]


def say_differences(found: Sequence[Setting]) -> str:
    """Say in a line in what runs differ: "latent dim (2, 20), epochs (50, 20)"."""
    nothing = _("n/a")
    parts = [
        f"{one.name} ({'; '.join(value or nothing for value in one.values)})"
        for one in found[:_NAMED]
    ]
    return ", ".join(parts) + (" …" if len(found) > _NAMED else "")


def is_fair(configs: Sequence[RunConfig]) -> bool:
    """Whether runs can be ranked: they differ in one thing, and it is not how long they trained."""
    found = differences(configs)
    return len(found) <= 1 and all(one.name not in ("epochs", "dataset") for one in found)


def likeness(one: RunConfig, two: RunConfig) -> tuple[bool, bool, int, bool]:
    """Return by what runs are sorted that may stand beside another one: the least is most like it.

    The same images first, then as many epochs, then the fewest differences; of those that do not
    differ at all but in their seed none is shown before one that does.
    """
    found = differences([one, two])
    names = {setting.name for setting in found}
    return (
        bool(names & {"dataset", "classes", "binarise"}),
        "epochs" in names,
        len(found) or 99,
        "latent dim" in names,
    )
