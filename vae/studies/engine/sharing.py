"""Which runs answer for a setting: those with the same settings, whoever trained them."""

import hashlib
import json
import re
from collections.abc import Iterable

from vae.config import RunConfig
from vae.runs import Run


def fingerprint(config: RunConfig) -> str:
    """Return what tells settings apart: equal for runs that only differ in name, time or device.

    Other devices give other roundings, not other results.
    """
    settings = config.model_dump(mode="json", include={"data", "model", "train"})
    del settings["train"]["device"]
    text = json.dumps(settings, sort_keys=True)
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:10]


def shared_name(config: RunConfig) -> str:
    """Return the name under which a study trains these settings, so that others find the run."""
    data, model, train = config.data, config.model, config.train
    beta = "" if model.beta == 1 else f"-beta{model.beta:g}"
    settings = f"{data.dataset}-{model.family}-{model.latent_dim}d{beta}-e{train.epochs}"
    settings = re.sub(r"[^A-Za-z0-9._-]", "-", settings)[:40]
    return f"{settings}-s{train.seed}-{fingerprint(config)}"


def by_fingerprint(runs: Iterable[Run]) -> dict[str, Run]:
    """Return the runs by their settings; of equal ones that which has come furthest."""
    ranks = {"done": 3, "running": 2, "queued": 1}
    found: dict[str, tuple[int, int, Run]] = {}
    for run in runs:
        status = run.status()
        rank = (ranks.get(status.state, 0), status.epoch)
        key = fingerprint(run.config)
        if key not in found or rank > found[key][:2]:
            found[key] = (*rank, run)
    return {key: run for key, (_, _, run) in found.items()}
