"""Parts of a result of the study of growth: its arms by kind, expansions, and differences."""

from collections.abc import Mapping, Sequence

from vae.config.growth import Change
from vae.locale import _
from vae.studies.engine.base import Arm, Result, Spread, over
from vae.studies.engine.charts import by_epoch


def main_arms(result: Result) -> list[Arm]:
    """Return the fixed target and the two approaches, those of which there is a run."""
    return [arm for arm in result.measured_arms() if arm.values["arm"] != "variant"]


def variant_arms(result: Result) -> list[Arm]:
    """Return the ways of joining new neurons, the published one first."""
    wanted = ("approach-1", "variant")
    return [arm for arm in result.measured_arms() if arm.values["arm"] in wanted]


def has_variants(result: Result) -> bool:
    """Whether new neurons are joined in other ways as well as in the published one."""
    return len(variant_arms(result)) > 1


def variant_epochs(result: Result) -> int:
    """Return until which epoch the variants are compared."""
    return min(arm.config(result.settings, 0).train.epochs for arm in result.arms)


def expansions(result: Result, until: int | None = None) -> list[Change]:
    """Return the structures that approach 1 comes to within so many epochs, all it has if None."""
    model = result.arm(arm="approach-1").config(result.settings, 0).model
    last = until or result.settings.epochs
    if model.growth is None:
        return []
    return [change for change in model.growth.changes(model.hidden)[1:] if change.epoch <= last]


def name_of(change: Change) -> str:
    """Return a structure's sizes as ``64/32``."""
    return "/".join(map(str, change.sizes))


def variant_name(arm: Arm) -> str:
    """Return how an arm joins new neurons, in words."""
    weights = _("drawn") if arm.values["outgoing"] == "he" else _("zero")
    return _("weights {weights}, Adam {moments}").format(
        weights=weights, moments=_(str(arm.values["moments"]))
    )


def differences_by_seed(result: Result, arm: Arm) -> dict[int, dict[int, float]]:
    """Return -ELBO minus the fixed target's of the same seed, by seed and epoch."""
    target = {entry.seed: entry.record.curve() for entry in result.of(result.arm(arm="fixed"))}
    return {
        entry.seed: {
            epoch: value - target[entry.seed][epoch]
            for epoch, value in entry.record.curve().items()
            if epoch in target[entry.seed]
        }
        for entry in result.of(arm)
        if entry.seed in target
    }


def differences(result: Result, arm: Arm) -> dict[float, Spread]:
    """Return the same by epoch, over the seeds."""
    return by_epoch(differences_by_seed(result, arm).values())


def rise_spreads(
    found: Sequence[Mapping[int, float]], changes: Sequence[Change]
) -> dict[Change, Spread]:
    """Return the rises over the seeds at those changes at which there is one."""
    rises = {
        change: [each[change.epoch] for each in found if change.epoch in each] for change in changes
    }
    return {change: over(values) for change, values in rises.items() if values}
