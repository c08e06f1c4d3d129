"""A study of two tiny models on digits, and records with made-up figures."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from vae.config import RunConfig
from vae.studies.engine import folder, records
from vae.studies.engine.base import Arm, Chart, Column, Result, Study, StudySettings
from vae.training.plan import plan

TINY: dict[str, Any] = {"arch": "mlp", "hidden": (8,)}


def _charts(result: Result) -> dict[str, Chart]:
    figure = go.Figure(go.Bar(x=[arm.label for arm in result.measured_arms()]))
    return {"bars": Chart(figure, "A bar a setting.")}


def make_study(**changed: Any) -> Study:
    kind = {
        "name": "tiny",
        "title": "A tiny study",
        "question": "Does d matter?",
        "how": "Two sizes.",
        "epochs": 1,
        "seeds": 1,
        "varies": "latent sizes",
        "arms": lambda settings: [
            Arm(f"d = {int(d)}", {"latent_dim": int(d)}, model={**TINY, "latent_dim": int(d)})
            for d in settings.values or (1, 2)
        ],
        "columns": {"neg_elbo": Column("-ELBO", "nats", read=lambda record: record.neg_elbo)},
        "charts": _charts,
        "main": lambda result: _charts(result)["bars"].figure,
        "finding": lambda result: f"{len(result.entries)} runs.",
        "short": lambda result: "In short.",
        "measure": lambda subject, config: {"twice": 2.0 * config.model.latent_dim},
        "pictures": lambda subject, config: {"grey": np.full((3, 1, 2, 2), 128, dtype=np.uint8)},
    }
    return Study(**{**kind, **changed})


def digits(study: Study, **given: Any) -> StudySettings:
    return study.settings(dataset="digits", **given)


def tiny_config(**changed: Any) -> RunConfig:
    settings = {"name": "a", "data": {"dataset": "digits"}, "model": TINY, "train": {"epochs": 1}}
    return plan("vae", **{**settings, **changed})


def record(name: str, elbo: float, config: RunConfig | None = None) -> records.Record:
    return records.Record(
        run=name,
        config=config or tiny_config(),
        weights="w",
        epochs=[{"epoch": 1, "seconds": 2.0, "train": {"loss": 1.0}, "test": {"loss": -elbo}}],
        standard={"elbo": elbo},
        figures={},
    )


def check_of(copied: Any) -> folder.Checked:
    """Check a result folder: what the fixture of that name returns."""
    study, settings, place, root = copied
    return folder.check(folder.read_result(study, settings, place), root)
