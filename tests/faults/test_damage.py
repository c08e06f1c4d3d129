"""Any damage to any file of a run is a sentence with the file's name; other runs never notice."""

import resource
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from damage import damage, restore
from driver import open_page
from family_runs import make_run
from soak import times

from vae import runs
from vae.analysis import models
from vae.analysis.explore import TestCodes, explorer_payload
from vae.errors import UserError
from vae.measures import report
from vae.people import owner_of
from vae.runs import queue, turns, watch
from vae.runs.checkpoint import load_model
from vae.runs.titles import titles

MEMORY = 1_500_000_000
"""Bytes that reading a damaged run may take beside what the process has already."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("whole")
    made = make_run(root, "one", epochs=2, latent_dim=2)
    report.write_standard(made, {"elbo": -1.0, "recon_loss": 1.0, "kl": 0.0, "mse": 0.1,
        "active_units": 2, "knn_accuracy": 0.5, "binary": None, "not_applicable": {}})  # fmt: skip
    return made.directory


@pytest.fixture
def root(whole: Path, tmp_path: Path) -> Path:
    """A folder with the run, and a second one that is never damaged."""
    folder = tmp_path / "runs"
    for name in ("one", "untouched"):
        shutil.copytree(whole, folder / name)
        config = folder / name / "config.json"
        config.write_text(config.read_text().replace('"name": "one"', f'"name": "{name}"'))
    return folder


def read_all(root: Path) -> list[str]:
    """Read everything of every run as pages do; return the sentences that were said."""
    said = []
    found = runs.list_runs(root)
    titles(found)
    turns.waits(root)
    watch.digest(root, ["queue", "run:one", "work", "class"])
    for run in found:
        owner_of(run.directory)
        readers = (
            run.status,
            run.metrics,
            run.evaluation,
            run.codes,
            run.pictures,
            run.live,
            lambda run=run: models.headline(run),
            lambda run=run: models.row(run, ""),
            lambda run=run: report.read(run),
            lambda run=run: load_model(run.directory),
            lambda run=run: explorer_payload(run, TestCodes(run), run.version),
        )
        for reader in readers:
            try:
                reader()
            except UserError as error:
                said.append(str(error))
    return said


def test_any_damage_is_a_sentence_and_the_other_run_is_whole(root, whole, monkeypatch):
    monkeypatch.setattr(queue, "start_next", lambda root: None)
    pristine = root.parent / "pristine"
    shutil.copytree(root / "one", pristine)
    assert read_all(root) == []
    weights = load_model(root / "untouched").decode(torch.zeros(1, 2)).detach()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for seed in range(times(40, 10_000)):
        what = damage(root / "one", seed)
        try:
            said = read_all(root)
        except BaseException as error:
            raise AssertionError(what) from error
        for sentence in said:
            assert "untouched" not in sentence, (what, sentence)
            assert "Traceback" not in sentence
            assert str(root / "one") in sentence or "one" in sentence, (what, sentence)
        assert "untouched" in [run.name for run in runs.list_runs(root)], what
        restore(root / "one", pristine)
    again = load_model(root / "untouched").decode(torch.zeros(1, 2)).detach()
    np.testing.assert_array_equal(weights.numpy(), again.numpy())
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert 1024 * (after - before) < MEMORY


@pytest.mark.parametrize(
    "page", ["home", "explore", "draw", "compare", "models", "reconstructions"]
)
def test_no_page_breaks_of_a_damaged_run(page, root, monkeypatch):
    monkeypatch.setenv("VAE_RUNS_DIR", str(root))
    pristine = root.parent / "pristine"
    shutil.copytree(root / "one", pristine)
    query = {"runs": "one,two"} if page == "compare" else {"run": "one"}
    for seed in range(times(3, 200)):
        what = damage(root / "one", 1000 + seed)
        try:
            open_page(page, **({} if page == "home" else query))
        except AssertionError as error:
            raise AssertionError(what) from error
        restore(root / "one", pristine)
