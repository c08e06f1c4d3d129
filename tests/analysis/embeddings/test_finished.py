"""Embeddings that lie in a run's folder: of its very codes, and whole."""

import shutil

import numpy as np
import pytest
from paths import SHIPPED

from vae.analysis.embeddings import finished, quality
from vae.analysis.embeddings.methods import spread_evenly
from vae.analysis.embeddings.settings import make, usual
from vae.errors import RunError
from vae.runs import Run
from vae.runs.files import CODES_FILE, EMBEDDINGS_FILE
from vae.storage.files import read_arrays, write_arrays
from vae.training.recipes import RECIPES


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("method", finished.METHODS)
def test_shipped_models_come_with_them(name, method):
    run = Run(SHIPPED / name)
    mu = run.codes()["mu"].astype(np.float32)
    settings = usual(method, len(mu))
    assert settings.points == min(5000, len(mu))
    places = finished.find(run, settings)
    # A place stands for the code that a page takes it for: neighbours are neighbours.
    codes = mu[spread_evenly(len(mu), settings.points)]
    some = slice(None, None, len(codes) // 300)
    assert quality.trustworthiness(codes[some], places[some]) > 0.75  # 0.5 for places at random
    assert finished.find(run, settings.model_copy(update={"seed": 1})) is None


@pytest.fixture
def run(trained) -> Run:
    assert "tsne" in finished.make(trained)
    return trained


def test_the_same_codes_come_out_the_same(run):
    path = run.directory / EMBEDDINGS_FILE
    first = path.read_bytes()
    finished.make(run)
    assert path.read_bytes() == first


def test_other_codes_have_none(run):
    settings = usual("tsne", len(run.codes()["mu"]))
    assert finished.find(run, settings) is not None
    codes = run.codes()
    codes["mu"][0] += 1
    write_arrays(run.directory / CODES_FILE, codes)
    assert finished.find(run, settings) is None


@pytest.mark.parametrize("damage", ["bytes", "shape", "not finite"])
def test_what_is_damaged_is_not_there(run, damage):
    path = run.directory / EMBEDDINGS_FILE
    arrays, about = read_arrays(path)
    if damage == "bytes":
        path.write_bytes(path.read_bytes()[:-1])
    else:
        tsne = arrays["tsne"].copy()
        tsne[0] = np.nan
        write_arrays(path, {"tsne": tsne if damage == "not finite" else tsne[:, :1]}, about)
    assert finished.find(run, usual("tsne", len(run.codes()["mu"]))) is None
    with pytest.raises(RunError, match="damaged"):
        finished.read(run)


def test_copied_to_another_place_they_stay(run, tmp_path):
    shutil.copytree(run.directory, tmp_path / "copy")
    places = finished.find(Run(tmp_path / "copy"), usual("tsne", len(run.codes()["mu"])))
    assert places is not None


def test_few_codes_have_settings_that_fit():
    assert usual("tsne", 30) == make(method="tsne", points=30, perplexity=9)
    assert usual("umap", 12) == make(method="umap", points=12, n_neighbors=11)
