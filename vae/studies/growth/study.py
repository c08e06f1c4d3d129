"""An encoder that grows while it is trained, against one that has its full size from the start."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import TYPE_CHECKING

from vae.config import RunConfig
from vae.config.growth import RECIPES, Recipe, recipe
from vae.studies.engine.base import Arm, Column, Scalar, Study, StudySettings
from vae.studies.engine.pictures import ten_originals, ten_reconstructions
from vae.studies.engine.records import Record
from vae.studies.growth.charts import charts
from vae.studies.growth.finding import finding
from vae.studies.growth.measure import deviation, idle_share, jumps, measure

if TYPE_CHECKING:
    from vae.measures import Subject
    from vae.studies.engine.records import Strips

VARIANT_EPOCHS = 28
"""The other ways of joining new neurons are trained no longer: two expansions lie before it."""
VARIANTS = (("he", "carried"), ("zero", "fresh"), ("zero", "carried"))
"""Outgoing weights and Adam at an expansion; approach 1 itself is ``he`` and ``fresh``."""


def _arm(
    label: str, values: Mapping[str, Scalar], made: Recipe, epochs: int, samples: int | None
) -> Arm:
    train = {**made.train, "epochs": epochs, "samples": samples or 1}
    return Arm(label, values, family=made.family, model=made.model, train=train)


def _arms(settings: StudySettings) -> list[Arm]:
    def arm(label: str, made: Recipe, epochs: int, **values: Scalar) -> Arm:
        return _arm(label, values, made, epochs, settings.samples)

    whole, short = settings.epochs, min(settings.epochs, VARIANT_EPOCHS)
    as_published = {"outgoing": "he", "moments": "fresh"}
    first = RECIPES["approach-1"].model["growth"]
    found = [
        arm("fixed", RECIPES["fixed"], whole, arm="fixed"),
        arm("approach 1", RECIPES["approach-1"], whole, arm="approach-1", **as_published),
        arm("approach 2", RECIPES["approach-2"], whole, arm="approach-2", **as_published),
    ]
    # With many samples of z the variants would take as long again as what they are beside.
    for outgoing, moments in VARIANTS if (settings.samples or 1) == 1 else ():
        update = {"outgoing": outgoing, "moments": moments}
        growth = first.model_copy(update=update)
        label = f"1: {outgoing}, {moments}"
        found.append(arm(label, recipe(growth), short, arm="variant", **update))
    return found


def _pictures(subject: Subject, config: RunConfig) -> Strips:
    return {"originals": ten_originals(subject), "test": ten_reconstructions(subject)}


def _first_jump(record: Record) -> float | None:
    return next(iter(jumps(record).values()), None)


def _later_jumps(record: Record) -> float | None:
    later = list(jumps(record).values())[1:]
    return statistics.fmean(later) if later else None


COLUMNS = {
    "neg_elbo": Column("-ELBO", "nats", lambda record: record.neg_elbo),
    "recon_loss": Column("Reconstruction", "nats", lambda record: record.number("recon_loss")),
    "kl": Column("KL", "nats", lambda record: record.number("kl")),
    "active_units": Column("Active units", "", lambda r: r.number("active_units"), 0),
    "first_jump": Column("Rise at the first expansion", "nats", _first_jump),
    "later_jumps": Column("Mean rise at the later ones", "nats", _later_jumps),
    "surgery_he": Column(
        "Change at once, weights drawn", "nats", lambda record: record.number("surgery_he")
    ),
    "surgery_zero": Column(
        "Change at once, weights 0", "nats", lambda record: record.number("surgery_zero"), 5
    ),
    "elbo_std_1": Column("Deviation of an ELBO, L = 1", "nats", lambda r: deviation(r, 1)),
    "elbo_std_100": Column("Deviation, L = 100", "nats", lambda r: deviation(r, 100)),
    "idle_share": Column("Idle neurons, layer 1", "of 1", idle_share),
}


STUDY = Study(
    name="growth",
    title="Growing the encoder",
    question="Does an encoder that grows while it is trained end where one of the full size ends, "
    "what does an expansion cost, and what do the new neurons do?",
    method="The questions of a student report (Nguyen and Nguyen, INSA Centre Val de Loire, 2025). "
    "Target: encoder 784-256-128, latent size 20, decoder 128-256-784, binary cross-entropy on "
    "grey pixels, Adam 1e-3, batch 128. Approach 1 starts the encoder at 32 and 16 neurons and "
    "adds 32 and 16 after every 25 epochs, up to the target after seven expansions. Approach 2 "
    "trains the target, keeps the first 32 and 16 neurons after epoch 25, adds 32 and 16 in the "
    "same step, and then grows as approach 1. New weights are drawn as He et al. (2015) do, and "
    "Adam starts afresh; the report says neither how weights out of new neurons begin nor what "
    "becomes of Adam, so three variants of approach 1 begin them with zero (Chen et al., Net2Net, "
    "2016) or carry Adam's moments on, for up to 28 epochs. The schedule is the report's whatever "
    "the number of epochs; the report trains with 20 samples of z for each image, this study with "
    "one unless asked otherwise (`--samples`; the variants are left out then). The "
    "first weights here are drawn as LeCun does; the report does not say how its are.\n\n"
    "The rise at an expansion is test -ELBO after the first epoch with the new structure minus "
    "that after the epoch before. The change at once is measured without any training: the trained "
    "encoder is expanded once more, with weights out of the new neurons drawn or zero (up to 2,000 "
    "test images, the same noise before and after, mean of three draws). The deviation of an "
    "image's ELBO is that of its estimate with L samples of z, on black-or-white pixels, from "
    "1,000 draws for each of 100 test images. The effect of a neuron is the change of -ELBO when "
    "it is silenced (300 test images, first hidden layer); it is idle where that is within two "
    "standard errors of 0.\n\n"
    "Slips of the report, for who reads it: its Algorithm 1 leaves out the 1/L and updates phi "
    "from theta, and its figure 5 says a learning rate of 10e-3 where the text says 1e-3.",
    epochs=200,
    arms=_arms,
    columns=COLUMNS,
    charts=charts,
    finding=finding,
    measure=measure,
    pictures=_pictures,
    takes_samples=True,
)
