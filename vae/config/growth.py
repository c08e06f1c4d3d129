"""When the encoder of a growing VAE changes its size: a schedule, and the sizes that it gives.

The schedules and structures of a student report stand in :data:`RECIPES`; a user's own is any other
:class:`GrowthConfig`. How layers are changed is :mod:`vae.models.surgery`'s affair.

References
----------
Nguyen and Nguyen, project report on growing the encoder of a VAE, INSA Centre Val de Loire, 2025.
"""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vae.errors import checked_settings
from vae.locale import N_, _

Sizes = tuple[int, ...]
Outgoing = Literal["he", "zero"]
Moments = Literal["fresh", "carried"]
KeepRule = Literal["first", "norm"]

PARTS = 8
"""Unless asked otherwise, an encoder starts with an eighth of each layer and adds an eighth."""

_Size = Annotated[int, Field(ge=1, le=8192)]
_Added = Annotated[int, Field(ge=0, le=8192)]
_Epoch = Annotated[int, Field(ge=1, le=10_000)]


class Change(NamedTuple):
    """A structure of the encoder, and from when on."""

    epoch: int
    """The first epoch that is trained with it; 1 for the structure at the start."""
    keep: Sizes
    """How many neurons of the structure before stay."""
    sizes: Sizes
    """Neurons of each hidden layer from now on."""


class GrowthConfig(BaseModel):
    """A schedule of an encoder's hidden sizes; the target is ``ModelConfig.hidden``.

    Every ``every`` epochs the layers get ``add`` more neurons, until they are the target. With
    ``keep_at`` the run begins with the target instead: after that epoch only ``keep`` neurons stay,
    in the same step the layers grow for the first time, and then as above. With ``after`` the sizes
    are the user's own, epoch by epoch. A size that is not given is an eighth of the target's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    start: tuple[_Size, ...] | None = Field(
        None,
        description=N_(
            "Hidden sizes at first: an eighth of the target unless given; with keep_at, the target."
        ),
    )
    every: int = Field(25, ge=1, le=10_000, description=N_("Epochs from one growth to the next."))
    add: tuple[_Added, ...] | None = Field(
        None, description=N_("Neurons that each hidden layer gains: an eighth of the target's.")
    )
    until: _Epoch | None = Field(
        None,
        description=N_("Last epoch after which it may still grow; until the target if not given."),
    )
    keep_at: _Epoch | None = Field(
        None, description=N_("Epoch after which only some neurons are kept; never if not given.")
    )
    keep: tuple[_Size, ...] | None = Field(
        None,
        description=N_("How many neurons are kept then: an eighth of the target's unless given."),
    )
    after: tuple[tuple[_Epoch, tuple[_Size, ...]], ...] | None = Field(
        None,
        min_length=1,
        max_length=100,
        description=N_("A schedule of one's own: epochs, and the hidden sizes after each."),
    )
    outgoing: Outgoing = Field(
        "he",
        description=N_(
            "Weights from new neurons to the next layer: he (drawn), or zero (what the "
            "encoder computes stays the same)."
        ),
    )
    moments: Moments = Field(
        "fresh",
        description=N_(
            "Adam at a change: fresh (started over for all weights), or carried (kept; "
            "zero for new weights)."
        ),
    )
    keep_rule: KeepRule = Field(
        "first",
        description=N_("Which neurons are kept: the first, or those of the largest outgoing norm."),
    )

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.keep is not None and self.keep_at is None:
            raise ValueError(_("keep says how many neurons stay, but not when: give keep_at too"))
        if self.keep_at is not None and self.until is not None and self.until < self.keep_at:
            raise ValueError(
                _(
                    "nothing may change after epoch {until}, so no neurons are dropped after "
                    "{keep_at}: give a later until, or an earlier keep_at"
                ).format(until=self.until, keep_at=self.keep_at)
            )
        if self.add is not None and not any(self.add):
            raise ValueError(_("add gives no layer a neuron: give at least one layer some"))
        if self.after is not None:
            others = ("every", "add", "until", "keep_at", "keep")
            fields = type(self).model_fields
            given = [name for name in others if getattr(self, name) != fields[name].default]
            if given:
                raise ValueError(
                    _("after is a whole schedule: leave out {given}, or leave out after").format(
                        given=", ".join(given)
                    )
                )
            epochs = [epoch for epoch, _sizes in self.after]
            if sorted(set(epochs)) != epochs:
                raise ValueError(_("the epochs in after must rise from one to the next"))
        return self

    def __str__(self) -> str:
        how = _("outgoing {outgoing}, Adam {moments}").format(
            outgoing=self.outgoing, moments=self.moments
        )
        if self.after is not None:
            changes = "; ".join(
                _("{words} after {epoch}").format(words=_words(sizes), epoch=epoch)
                for epoch, sizes in self.after
            )
            return _("{words} at first; {changes}; {how}").format(
                words=_words(self.start), changes=changes, how=how
            )
        grows = _("+ {words} every {every} epochs").format(words=_words(self.add), every=self.every)
        grows += "" if self.until is None else _(" until {until}").format(until=self.until)
        if self.keep_at is not None:
            kept = _("after {keep_at} keep {words} ({keep_rule})").format(
                keep_at=self.keep_at, words=_words(self.keep), keep_rule=self.keep_rule
            )
            return f"{kept}, {grows}; {how}"
        return _("{words} at first, {grows}; {how}").format(
            words=_words(self.start), grows=grows, how=how
        )

    def changes(self, target: Sizes) -> tuple[Change, ...]:
        """Return each structure in turn, the first from epoch 1 on, for a target of those sizes."""
        part = tuple(-(-size // PARTS) for size in target)
        shrinks = self.keep_at is not None
        sizes = self.start or (target if shrinks else part)
        found = [Change(1, sizes, sizes)]
        if self.after is not None:
            for epoch, new in self.after:
                found.append(Change(epoch + 1, tuple(map(min, sizes, new)), new))
                sizes = new
            return tuple(found)
        add, last = self.add or part, self.until or math.inf
        epoch = self.keep_at or self.every
        while epoch <= last:
            keep = (self.keep or part) if shrinks else sizes
            grown = (had + more for had, more in zip(keep, add, strict=True))
            new = tuple(map(min, target, grown))
            if new == sizes and not shrinks:
                break
            found.append(Change(epoch + 1, keep, new))
            sizes, shrinks, epoch = new, False, epoch + self.every
        return tuple(found)

    def sizes_at(self, target: Sizes, epoch: int) -> Sizes:
        """Return the hidden sizes that an epoch is trained with; epochs count from 1."""
        return [change for change in self.changes(target) if change.epoch <= epoch][-1].sizes

    def change_at(self, target: Sizes, epoch: int) -> Change | None:
        """Return the change before an epoch, or None where the structure stays."""
        changes = self.changes(target)[1:]
        return next((change for change in changes if change.epoch == epoch), None)

    def check(self, target: Sizes) -> None:
        """Refuse a schedule that does not fit a target of those sizes.

        Raises
        ------
        ValueError
            With the reason and what to do about it.
        """
        after = [
            (_("after epoch {epoch}").format(epoch=epoch), sizes)
            for epoch, sizes in self.after or ()
        ]
        given = [("start", self.start), ("add", self.add), ("keep", self.keep), *after]
        for name, sizes in given:
            if sizes is not None and len(sizes) != len(target):
                raise ValueError(
                    _(
                        "growth: the numbers of neurons given for {name} are {n_sizes}, the "
                        "hidden layers {n_target}: give one for each layer"
                    ).format(name=name, n_sizes=len(sizes), n_target=len(target))
                )
        for _epoch, keep, sizes in self.changes(target):
            if any(size > most for size, most in zip(sizes, target, strict=True)):
                raise ValueError(
                    _(
                        "growth: {words} neurons are more than the target, {most}: give fewer, or "
                        "larger hidden sizes"
                    ).format(words=_words(sizes), most=_words(target))
                )
            if any(kept > size for kept, size in zip(keep, sizes, strict=True)):
                raise ValueError(
                    _(
                        "growth: {words} neurons cannot be kept where the target is {most}: keep "
                        "fewer"
                    ).format(words=_words(keep), most=_words(target))
                )
        begun = self.changes(target)[0].sizes
        if any(kept > size for kept, size in zip(self.keep or begun, begun, strict=True)):
            raise ValueError(
                _("growth: {words} neurons cannot be kept of {most}: keep fewer").format(
                    words=_words(self.keep), most=_words(begun)
                )
            )


def _words(sizes: Sizes | None) -> str:
    return _("an eighth") if sizes is None else ",".join(map(str, sizes))


def parse_growth(text: str) -> GrowthConfig:
    """Read a schedule as JSON: ``'{"every": 10, "outgoing": "zero"}'``.

    Raises ConfigError if it is not JSON, or a value is out of bounds or unknown.
    """
    with checked_settings():
        return GrowthConfig.model_validate_json(text)


class Recipe(NamedTuple):
    """A run of the report, as the arguments of :func:`vae.training.plan.plan`."""

    family: str
    model: Mapping[str, Any]
    train: Mapping[str, Any]


_TARGET: dict[str, Any] = {"arch": "mlp", "hidden": (256, 128), "latent_dim": 20}
_TRAIN: dict[str, Any] = {"epochs": 200, "batch_size": 128, "lr": 1e-3, "samples": 20}
_STEP: Sizes = (32, 16)


def recipe(growth: GrowthConfig | None) -> Recipe:
    """Return the report's target, trained with a schedule, or as it is where that is None."""
    if growth is None:
        return Recipe("vae", _TARGET, _TRAIN)
    return Recipe("growing-vae", {**_TARGET, "growth": growth}, _TRAIN)


RECIPES: dict[str, Recipe] = {
    "fixed": recipe(None),
    "approach-1": recipe(GrowthConfig(start=_STEP, add=_STEP)),
    "approach-2": recipe(GrowthConfig(keep_at=25, keep=_STEP, add=_STEP)),
}
"""The report's runs: the target as it is, grown from 32 and 16 neurons, and cut back to them after
epoch 25, then grown. Binary cross-entropy on grey pixels, 20 samples of z; the report says neither
how the first weights are drawn, nor those from new neurons, nor what becomes of Adam."""
