"""Results of studies with made-up epochs and figures, and untrained models to measure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch

from vae.config import RunConfig
from vae.data import load_for
from vae.measures import Subject
from vae.models import build
from vae.storage.pictures import png_bytes, sheet
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


Figures = Callable[[Arm, int], Mapping[str, Any]]


def made_up(
    study: Study,
    standard: Figures,
    figures: Figures = lambda arm, seed: {},
    epochs: Callable[[Arm, int], list[dict[str, Any]]] = lambda arm, seed: [],
    **given: Any,
) -> Result:
    """Make a whole result, its figures those that the functions give for a setting and a seed."""
    settings = study.settings(**{"dataset": "digits", "seeds": 1, **given})

    def facts(arm: Arm, seed: int, config: RunConfig) -> Facts:
        return {
            "standard": dict(standard(arm, seed)),
            "figures": dict(figures(arm, seed)),
            "epochs": epochs(arm, seed),
        }

    return result_of(study, settings, facts)


def part_of(result: Result, count: int) -> Result:
    """Return the result with only its first runs."""
    return replace(result, entries=result.entries[:count])


def untrained(study: Study, place: int = 0) -> tuple[Subject, RunConfig]:
    """Return an untrained model of one of a study's settings on digits, as it is loaded, and it."""
    settings = study.settings(dataset="digits", epochs=1)
    config = study.arms(settings)[place].config(settings, 0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = build(config.model).eval().requires_grad_(False)
    return Subject(model, load_for(config.data)), config


def with_strips(result: Result, subject: Subject) -> Result:
    """Return the result with the pictures of a model as those of each setting's first run."""

    def drawn(entry: Entry) -> Entry:
        strips = result.study.pictures(subject, entry.record.config) if entry.seed == 0 else {}
        pictures = {what: png_bytes(sheet(images, len(images))) for what, images in strips.items()}
        return entry._replace(record=entry.record.model_copy(update={"pictures": pictures}))

    return replace(result, entries=[drawn(entry) for entry in result.entries])
