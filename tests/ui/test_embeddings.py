"""The Embeddings page without a browser: methods, colours, selections, and each empty state."""

import csv
import io
import shutil
from functools import partial

import numpy as np
import pytest
from driver import components, fill, press, until, words
from driver import open_page as open_any
from streamlit.testing.v1 import AppTest
from waiting import wait

from vae.analysis.embeddings import settings, terms
from vae.analysis.explore import run_codes
from vae.runs import Run, tasks
from vae.runs.threads import Progress
from vae.storage.files import read_arrays, write_arrays
from vae.ui.embeddings import data as embed_data
from vae.ui.embeddings import scatter
from vae.ui.shared import loaders

open_page = partial(open_any, "embeddings")


def run_until(app: AppTest, text: str) -> None:
    """Run the page again, as its timer does, until a text is on it."""
    until(app, lambda: text in words(app) + str([metric.value for metric in app.metric]))


@pytest.mark.parametrize("d", [1, 2, 20, 128])
@pytest.mark.parametrize("method", ["mu", "pca"])
def test_any_latent_size_is_shown(d, method, own_runs, shown):
    app = open_page(run=f"small-{d}d", method=method)
    assert not app.error
    assert len(components(app)) == 2  # The plot and the carrier of its points.
    assert shown["points"].startswith(method)
    assert len(app.metric) == 3
    if d == 1 and method == "mu":
        assert "means nothing" in words(app)


def test_points_are_the_codes_of_the_dimensions_asked_for(own_runs):
    run = Run(own_runs / "small-20d")
    mu = run_codes(run)[0].mu.numpy()
    found = embed_data.mu_embedding(run, run.version, (4, 2))
    np.testing.assert_array_equal(found.places, mu[:, [4, 2]])
    assert found.axes == ("mu 5", "mu 3")
    line = embed_data.mu_embedding(Run(own_runs / "small-1d"), "v", (0,))
    assert line.is_line
    assert line.coordinates.shape[1] == 1


def test_default_dimensions_carry_most_kl(own_runs):
    run = Run(own_runs / "small-20d")
    data = embed_data.run_data(run, run.version)
    most = (1 + np.argsort(-data.weight, kind="stable")[:2]).tolist()
    app = open_page(run="small-20d")
    assert [app.selectbox(key="across").value, app.selectbox(key="up").value] == most
    assert "across" not in app.query_params
    fill(app, "", across=3)
    assert app.query_params["across"] in ("3", ["3"])
    # A run without that dimension begins anew.
    fill(app, "picked-", run="small-2d")
    assert app.selectbox(key="across").value == 1


def test_metrics_come_by_themselves(own_runs):
    app = open_page(run="small-2d")
    run_until(app, "1.000")
    values = [metric.value for metric in app.metric]
    assert values[0] == values[1]  # The plot is mu itself.
    assert values[2] == "1.000"
    assert all(metric.help for metric in app.metric)


def test_colour_by_what_codes_cost(own_runs, shown):
    app = open_page(run="small-2d", colour="kl")
    assert shown["values"].startswith("kl-")
    assert len(components(app)) == 3
    fill(app, "", colour="recon_loss")
    until(app, lambda: shown["values"] is not None)
    assert shown["values"].startswith("recon_loss-")


def test_without_the_data_set_losses_are_not_known(without_data, shown):
    loaders._dataset.clear()  # Another test may have read it, and a server keeps what it has read.
    app = open_page(run="mnist-vae-2d", colour="recon_loss")
    assert "not on this machine" in words(app)
    assert any("Get MNIST" in button.label for button in app.button)
    assert shown["values"] is None
    app.session_state["selected-mnist-vae-2d"] = (5, "")
    app.run()
    assert shown["picked"]["original"] is None
    assert shown["picked"]["recon"]
    assert "only the reconstruction" in shown["picked"]["note"]


def test_selection_is_answered_and_kept(own_runs, shown):
    run = Run(own_runs / "small-2d")
    codes, labels = run_codes(run)
    app = open_page(run="small-2d")
    chosen = np.zeros(len(labels), dtype=np.bool_)
    chosen[[1, 4]] = True
    app.session_state["selected-small-2d"] = (7, terms.write_mask(chosen))
    app.run()
    assert shown["picked"]["index"] == 7
    assert shown["picked"]["label"] == int(labels[7])
    z = ",".join(f"{value:.3f}" for value in codes.mu[7].tolist())
    assert shown["picked"]["href"] == f"explore?run=small-2d&z={z}"
    assert shown["group"]["count"] == 2
    # The same images stay selected in another embedding.
    fill(app, "", method="pca")
    assert shown["points"].startswith("pca")
    assert (shown["picked"]["index"], shown["group"]["count"]) == (7, 2)


@pytest.mark.parametrize("kept", [(99_999, ""), (-1, "AAAA"), (0, "not base64")])
def test_a_selection_that_does_not_fit_is_none(kept, own_runs, shown):
    app = open_page(run="small-2d")
    app.session_state["selected-small-2d"] = kept
    app.run()
    assert not app.exception
    assert shown["group"] is None


def test_state_of_the_component_is_read():
    assert scatter.read_state(None) == (None, None, None)
    assert scatter.read_state({"picked": 3.0, "lasso": "A", "open": 3}) == (3, "A", 3)
    assert scatter.read_state({"picked": "x", "lasso": 1}) == (None, None, None)


def test_coordinates_as_csv(own_runs):
    run = Run(own_runs / "small-20d")
    codes, labels = run_codes(run)
    found = embed_data.mu_embedding(run, run.version, (1, 0))
    rows = list(csv.DictReader(io.StringIO(embed_data.as_csv(run, found).decode())))
    assert len(rows) == len(labels)
    assert list(rows[0])[:6] == ["index", "label", "x", "y", "recon_loss", "kl"]
    assert len(rows[0]) == 6 + 20
    row = rows[9]
    assert (int(row["index"]), int(row["label"])) == (9, int(labels[9]))
    assert float(row["x"]) == pytest.approx(float(codes.mu[9, 1]), rel=1e-3)
    assert float(row["mu_2"]) == pytest.approx(float(codes.mu[9, 1]), rel=1e-3)
    assert float(row["recon_loss"]) > 0


# ---- t-SNE and UMAP ------------------------------------------------------------------------------


def test_tsne_waits_for_start_and_offers_the_map(own_runs):
    app = open_page(run="small-2d", method="tsne", points="60", perplexity="5")
    assert len(components(app)) == 0
    assert "has not been computed" in words(app)
    assert "no inverse" in words(app)
    folder = tasks.folder_of(own_runs)
    assert not tasks.all_tasks(folder)
    press(app, "Start")
    until(app, lambda: len(components(app)) > 0)
    assert len(components(app)) == 2
    wait(lambda: not tasks.all_tasks(folder))
    # Another session sees it at once.
    again = open_page(run="small-2d", method="tsne", points="60", perplexity="5")
    assert len(components(again)) == 2


def test_tsne_that_does_not_fit_is_a_sentence(own_runs):
    app = open_page(run="small-2d", method="tsne", points="60", perplexity="30")
    assert any("lower the perplexity" in error.value for error in app.error)
    assert not any(button.label == "Start" for button in app.button)


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (Progress("failed", error="it went wrong."), "it went wrong"),
        (Progress("queued"), ""),
        (Progress("running", 0.5, 2.0), ""),
        (Progress("running", None, 2.0), ""),
    ],
)
def test_the_work_is_shown_as_it_stands(progress, text, own_runs, monkeypatch):
    monkeypatch.setattr(tasks, "look", lambda root, key: progress)
    monkeypatch.setattr(tasks, "start_next", lambda root: None)
    app = open_page(run="small-2d", method="tsne", points="70", perplexity="5")
    assert text in words(app)
    label = "Start" if progress.state == "failed" else "Stop"
    assert any(button.label == label for button in app.button)


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_a_shipped_model_has_them_at_once(method, monkeypatch):
    monkeypatch.setitem(settings._PACKAGES, "umap", ("no-such-package",))
    app = open_page(run="digits-vae-2d", method=method)
    assert len(components(app)) == 2
    assert "360 codes" in words(app)
    assert "it came with the model" in words(app)
    fill(app, "embeddings-", seed=1)
    assert not components(app)
    assert "it came with the model" not in words(app)


def test_umap_says_how_to_get_it(own_runs, monkeypatch):
    monkeypatch.setitem(settings._PACKAGES, "umap", ("no-such-package",))
    app = open_page(run="small-2d", method="umap")
    assert "pip install umap-learn" in words(app)


@pytest.mark.parametrize("damage", ["other codes", "not finite"])
def test_codes_that_do_not_fit_the_model_are_a_sentence(damage, own_runs, tmp_path, monkeypatch):
    mixed = tmp_path / "mixed"
    shutil.copytree(own_runs / "small-2d", mixed / "small-2d")
    path = mixed / "small-2d" / "codes.safetensors"
    if damage == "other codes":
        shutil.copy(own_runs / "small-20d" / "codes.safetensors", path)
    else:
        found = read_arrays(path)[0]
        found["mu"][3, 0] = np.nan
        write_arrays(path, found)
    monkeypatch.setenv("VAE_RUNS_DIR", str(mixed))
    app = open_page()
    assert any("damaged" in error.value for error in app.error)
