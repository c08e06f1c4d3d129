"""Results of studies whose runs' epochs, figures and reports are made up together."""

from collections.abc import Callable
from typing import Any

from vae.config import RunConfig
from vae.studies.engine.base import Arm, Entry, Result, Study, StudySettings
from vae.studies.engine.records import Record

Facts = dict[str, Any]


def report(epoch: int, loss: float, **terms: float | None) -> dict[str, Any]:
    """Return an epoch's report with the same terms for training and test images."""
    kept = {"loss": loss, "recon_loss": loss - 20, "kl": 20.0, "penalty": None, **terms}
    return {"epoch": epoch, "seconds": float(epoch), "train": kept, "test": kept}


def result_of(
    study: Study, settings: StudySettings, facts: Callable[[Arm, int, RunConfig], Facts]
) -> Result:
    """Return a whole result; ``facts`` gives epochs, standard and figures of each run."""
    arms = study.arms(settings)
    entries = []
    for seed in range(settings.seeds):
        for arm in arms:
            config = arm.config(settings, seed)
            given = {"epochs": [], "standard": {}, "figures": {}, **facts(arm, seed, config)}
            record = Record(run=config.name, config=config, weights="", **given)
            entries.append(Entry(arm, seed, record))
    return Result(study, settings, arms, entries)
