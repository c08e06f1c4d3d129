"""Making the models that come with the program."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from vae import runs
from vae.data import DATASETS, load
from vae.errors import RunError, TrainingError
from vae.measures import MEASURES, report, shipped
from vae.measures.shipped import make_shipped
from vae.models import FAMILIES
from vae.runs import Run
from vae.runs.checkpoint import load_model
from vae.storage.files import read_arrays
from vae.training.metrics import evaluate
from vae.training.recipes import DEFAULT_RUN, RECIPES

SHIPPED = Path(__file__).parents[2] / "checkpoints"


@pytest.fixture
def recipe(tiny, make_config, monkeypatch):
    monkeypatch.setitem(RECIPES, "tiny-2d", make_config("tiny-2d", epochs=2))
    return "tiny-2d"


def test_recipes_are_those_promised_and_fit_their_data():
    assert set(RECIPES) >= {
        "mnist-vae-2d",
        "mnist-vae-20d",
        "mnist-conv-vae-2d",
        "fashion-vae-2d",
        "digits-vae-2d",
        "digits-growing",
        "digits-target",
    }
    assert DEFAULT_RUN in RECIPES
    for name, config in RECIPES.items():
        assert config.name == name
        assert config.model.image_shape == DATASETS[config.data.dataset].shape
        assert config.model.family in FAMILIES


def test_a_shipped_run_is_small_measured_and_read_only(recipe, tmp_path):
    seen: list = []
    figures = make_shipped(recipe, tmp_path, seen.append)
    assert [p.name for p in tmp_path.iterdir()] == [recipe]
    run = Run(tmp_path / recipe)
    assert {p.name for p in run.directory.iterdir()} == {
        "config.json",
        "status.json",
        "metrics.jsonl",
        "evaluation.json",
        "measures.json",
        "codes.safetensors",
        "pictures.safetensors",
        "model.safetensors",
    }
    assert run.config.shipped
    status = run.status()
    assert (status.state, status.pid, status.pid_started) == ("done", None, None)
    weights, metadata = read_arrays(run.directory / "model.safetensors")
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float16)}
    assert metadata["epoch"] == "2"
    # Measured as stored, and kept.
    assert evaluate(load_model(run.directory), load("tiny")) == figures
    assert run.evaluation() == json.loads(json.dumps(figures))
    assert [report.epoch for report in seen if hasattr(report, "test")] == [1, 2]
    for action in (runs.delete, runs.claim, lambda it: runs.rename(it, "x")):
        with pytest.raises(RunError, match="read-only"):
            action(run)


@pytest.mark.parametrize("name", RECIPES)
def test_the_figures_of_a_shipped_run_came_with_it(name, tmp_path):
    # A copy: nothing that this machine has measured since counts.
    copy = Run(tmp_path / name)
    shutil.copytree(SHIPPED / name, copy.directory)
    found = report.read(copy)
    assert set(found) >= set(MEASURES)
    assert found["elbo"] == pytest.approx(copy.evaluation()["elbo"], abs=1e-3)


def test_made_again_it_replaces_the_old_one(recipe, tmp_path):
    first = make_shipped(recipe, tmp_path)
    (tmp_path / recipe / "stray.txt").write_text("")
    assert make_shipped(recipe, tmp_path) == first
    assert not (tmp_path / recipe / "stray.txt").exists()
    assert [p.name for p in tmp_path.iterdir()] == [recipe]


def test_what_fails_leaves_the_old_one(recipe, tmp_path, monkeypatch):
    figures = make_shipped(recipe, tmp_path)

    def fail(*args):
        raise TrainingError("no")

    monkeypatch.setattr(shipped, "measure_shipped", fail)
    with pytest.raises(TrainingError):
        make_shipped(recipe, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [recipe]
    assert Run(tmp_path / recipe).evaluation() == figures


def test_a_run_of_ones_own_is_never_replaced(recipe, tmp_path, make_config):
    own = runs.create(make_config(recipe), tmp_path)
    with pytest.raises(RunError, match="of your own"):
        make_shipped(recipe, tmp_path)
    assert not own.config.shipped


def test_unknown_recipes_are_refused(tmp_path):
    with pytest.raises(RunError, match="no shipped model is called 'nosuch'"):
        make_shipped("nosuch", tmp_path)
