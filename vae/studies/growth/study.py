"""An encoder that grows while it is trained, against one that has its full size from the start."""

import statistics

from vae.config.growth import RECIPES, Recipe, recipe
from vae.locale import N_
from vae.studies.engine.base import Arm, Column, Method, Study, StudySettings, standard
from vae.studies.engine.records import Record
from vae.studies.growth.charts import charts, main
from vae.studies.growth.finding import finding, short
from vae.studies.growth.measure import elbo_std, idle_share, jumps, measure

VARIANT_EPOCHS = 28
"""The other ways of joining new neurons are trained no longer: two expansions lie before it."""
VARIANTS = (("he", N_("carried")), ("zero", N_("fresh")), ("zero", "carried"))
"""Outgoing weights and Adam at an expansion; approach 1 itself is ``he`` and ``fresh``."""


def _arms(settings: StudySettings) -> list[Arm]:
    def arm(label: str, made: Recipe, epochs: int, **values: str) -> Arm:
        train = {**made.train, "epochs": epochs, "samples": settings.samples or 1}
        return Arm(label, values, family=made.family, model=made.model, train=train)

    whole, short = settings.epochs, min(settings.epochs, VARIANT_EPOCHS)
    as_published = {"outgoing": "he", "moments": "fresh"}
    first = RECIPES["approach-1"].model["growth"]
    found = [
        arm(N_("fixed"), RECIPES["fixed"], whole, arm="fixed"),
        arm(N_("approach 1"), RECIPES["approach-1"], whole, arm="approach-1", **as_published),
        arm(N_("approach 2"), RECIPES["approach-2"], whole, arm="approach-2", **as_published),
    ]
    # With many samples of z the variants would take as long again as the main runs.
    for outgoing, moments in VARIANTS if (settings.samples or 1) == 1 else ():
        update = {"outgoing": outgoing, "moments": moments}
        growth = first.model_copy(update=update)
        label = N_("1: {outgoing}, {moments}").format(**update)
        found.append(arm(label, recipe(growth), short, arm="variant", **update))
    return found


def _first_jump(record: Record) -> float | None:
    return next(iter(jumps(record).values()), None)


def _later_jumps(record: Record) -> float | None:
    later = list(jumps(record).values())[1:]
    return statistics.fmean(later) if later else None


COLUMNS = {
    **standard("neg_elbo", "recon_loss", "kl", "active_units"),
    "first_jump": Column(N_("Rise at the first expansion"), "nats", read=_first_jump),
    "later_jumps": Column(N_("Mean rise at the later ones"), "nats", read=_later_jumps),
    "surgery_he": Column(N_("Immediate change, weights drawn"), "nats"),
    "surgery_zero": Column(N_("Immediate change, weights 0"), "nats", 5),
    "elbo_std_1": Column(
        N_("Std. of an image's ELBO, L = 1"), "nats", read=lambda r: elbo_std(r, 1)
    ),
    "elbo_std_100": Column(N_("Std., L = 100"), "nats", read=lambda r: elbo_std(r, 100)),
    "idle_share": Column(N_("Idle neurons, layer 1"), N_("of 1"), read=idle_share),
}


STUDY = Study(
    name="growth",
    title=N_("Growing the encoder"),
    question=N_(
        "Does an encoder that grows while it is trained end where one of the "
        "full size ends, what does an expansion cost, and what do the new "
        "neurons do?"
    ),
    how=Method("growth"),
    epochs=200,
    arms=_arms,
    columns=COLUMNS,
    charts=charts,
    main=main,
    finding=finding,
    short=short,
    measure=measure,
    takes_samples=True,
)
