"""Embeddings without a page: methods, measures, answers, and the work in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from commands import process_env
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vae import runs
from vae.analysis.embeddings import background, cache, methods, quality, settings, terms
from vae.analysis.embeddings.settings import Tsne, make
from vae.analysis.explore import run_codes, selected_answer
from vae.data import ImageData
from vae.errors import ConfigError, RunError
from vae.models.losses import bernoulli_nll
from vae.runs import Run, processes
from vae.runs.checkpoint import load_model
from vae.training.metrics import Codes

WAIT_S = 120.0
SMALL = make(method="tsne", points=30, perplexity=5)


def normal(count: int, d: int, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).normal(size=(count, d)).astype(np.float32)


def wait(until: Callable[[], bool]) -> None:
    stop_at = time.monotonic() + WAIT_S
    while not until():
        assert time.monotonic() < stop_at, "waited too long"
        time.sleep(0.02)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A folder of runs; whatever works there is ended."""
    folder = cache.folder(tmp_path / "runs")
    yield tmp_path / "runs"
    for key in cache.all_work(folder):
        background.stop(folder, key)


def run_in(root: Path, name: str = "one") -> Run:
    directory = root / name
    directory.mkdir(parents=True, exist_ok=True)
    return Run(directory)


# ---- PCA -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [1, 2, 3, 20])
def test_pca_is_the_singular_value_decomposition(d: int) -> None:
    mu = normal(200, d) * np.arange(1, d + 1) + 5
    places, explained = methods.pca(mu)
    centred = mu - mu.mean(0)
    _, values, directions = np.linalg.svd(centred, full_matrices=False)
    assert places.shape == (200, min(2, d))
    for k in range(min(2, d)):
        expected = centred @ directions[k]
        error = min(np.abs(places[:, k] - expected).max(), np.abs(places[:, k] + expected).max())
        assert error < 1e-3
        assert explained[k] == pytest.approx(values[k] ** 2 / (values**2).sum(), rel=1e-4)


def test_pca_is_never_mirrored_by_chance() -> None:
    mu = normal(300, 2) * [5, 1]
    places, _ = methods.pca(mu)
    assert np.corrcoef(places[:, 0], mu[:, 0])[0, 1] > 0.99
    assert np.corrcoef(places[:, 1], mu[:, 1])[0, 1] > 0.99


def test_pca_of_collapsed_codes_explains_nothing() -> None:
    places, explained = methods.pca(np.full((10, 4), 0.5, dtype=np.float32))
    np.testing.assert_array_equal(places, 0)
    np.testing.assert_array_equal(explained, 0)


@given(arrays(np.float64, (12, 2), elements=st.floats(-100, 100)))
def test_pca_of_two_dimensions_only_turns_them(mu: np.ndarray[Any, Any]) -> None:
    places, explained = methods.pca(mu)

    def distances(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        gaps: np.ndarray[Any, Any] = np.linalg.norm(x[:, None] - x[None], axis=-1)
        return gaps

    np.testing.assert_allclose(distances(places), distances(mu), atol=1e-2)
    assert explained.sum() == pytest.approx(1.0) or np.ptp(mu, axis=0).max() < 1e-6


@given(st.integers(1, 5000), st.data())
def test_points_are_spread_over_all_codes(count: int, data: st.DataObject) -> None:
    points = data.draw(st.integers(1, count))
    chosen = methods.spread_evenly(count, points)
    assert len(set(chosen.tolist())) == points
    assert 0 <= chosen.min() <= chosen.max() < count
    gaps = np.diff(chosen)
    assert not len(gaps) or gaps.max() - gaps.min() <= 1


# ---- settings ------------------------------------------------------------------------------------


def test_key_changes_with_each_parameter() -> None:
    tsne = {"method": "tsne", "points": 100, "perplexity": 10.0, "seed": 1}
    umap = {"method": "umap", "points": 100, "n_neighbors": 5, "min_dist": 0.2, "seed": 1}
    keys = [settings.cache_key("v", make(**tsne), "openTSNE")]
    keys.append(settings.cache_key("w", make(**tsne), "openTSNE"))
    keys.append(settings.cache_key("v", make(**tsne), "scikit-learn"))
    keys += [
        settings.cache_key("v", make(**tsne | {name: value}), "openTSNE")
        for name, value in {"points": 101, "perplexity": 11.0, "seed": 2}.items()
    ]
    keys.append(settings.cache_key("v", make(**umap), "umap-learn"))
    keys += [
        settings.cache_key("v", make(**umap | {name: value}), "umap-learn")
        for name, value in {"points": 101, "n_neighbors": 6, "min_dist": 0.3, "seed": 2}.items()
    ]
    assert len(set(keys)) == len(keys)
    assert keys[0] == settings.cache_key("v", make(**tsne), "openTSNE")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"method": "tsne", "perplexity": 0.5}, "perplexity"),
        ({"method": "tsne", "points": 3}, "points"),
        ({"method": "tsne", "seed": -1}, "seed"),
        ({"method": "umap", "min_dist": 2}, "min_dist"),
        ({"method": "umap", "perplexity": 30}, "perplexity"),
        ({"method": "pca"}, "method"),
    ],
)
def test_settings_out_of_bounds_are_a_sentence(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        make(**values)


@pytest.mark.parametrize(
    ("values", "count", "words"),
    [
        ({"method": "tsne", "points": 90, "perplexity": 30}, 1000, "lower the perplexity"),
        ({"method": "tsne", "points": 91, "perplexity": 30}, 50, "at most"),
        ({"method": "umap", "points": 15, "n_neighbors": 15}, 1000, "lower the neighbours"),
    ],
)
def test_settings_must_fit_the_codes(values: dict[str, Any], count: int, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        settings.check(make(**values), count)


def test_greatest_perplexity_for_the_points() -> None:
    settings.check(make(method="tsne", points=91, perplexity=30), 91)


# ---- t-SNE ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["openTSNE", "scikit-learn"])
@pytest.mark.parametrize("d", [1, 3])
def test_tsne_keeps_clusters_apart(engine: str, d: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if engine == "openTSNE":
        pytest.importorskip("openTSNE")
    monkeypatch.setattr(methods, "engine", lambda method: engine)
    labels = np.arange(60) % 3
    mu = 0.1 * normal(60, d) + 10 * labels[:, None].astype(np.float32)
    wanted = make(method="tsne", points=60, perplexity=5)
    seen: list[tuple[int, int]] = []
    places = methods.embed(mu, wanted, lambda done, total: seen.append((done, total)))
    assert places.shape == (60, 2)
    assert quality.knn_leave_one_out(places, labels) == 1.0
    np.testing.assert_array_equal(places, methods.embed(mu, wanted))
    if engine == "openTSNE":
        assert seen == sorted(seen)
        assert seen[-1] == (750, 750)


def test_codes_that_cannot_be_laid_out_are_a_sentence() -> None:
    with pytest.raises(ConfigError, match="collapsed"):
        methods.embed(np.ones((30, 2), dtype=np.float32), SMALL)
    mu = normal(30, 2)
    mu[3, 1] = np.nan
    with pytest.raises(ConfigError, match="finite"):
        methods.embed(mu, SMALL)


def test_umap_that_is_not_installed_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "engine", lambda method: None)
    with pytest.raises(ConfigError, match="pip install umap-learn"):
        methods.embed(normal(30, 2), make(method="umap", points=30, n_neighbors=5))


# ---- measures ------------------------------------------------------------------------------------


def test_trustworthiness_is_1_for_the_codes_themselves() -> None:
    codes = normal(100, 2)
    assert quality.trustworthiness(codes, codes) == pytest.approx(1.0)
    assert quality.trustworthiness(codes, -3 * codes) == pytest.approx(1.0)
    shuffled = quality.trustworthiness(codes, normal(100, 2, seed=9))
    assert shuffled is not None
    assert shuffled < 0.7


def test_trustworthiness_of_few_and_of_many_points() -> None:
    assert quality.trustworthiness(normal(3, 2), normal(3, 2)) is None
    assert quality.trustworthiness(normal(5, 2), normal(5, 2)) is not None
    many = normal(quality.MOST_FOR_TRUST + 500, 2)
    measured = quality.measure(many, many, np.zeros(len(many), dtype=np.int64))
    assert measured.trust_points == quality.MOST_FOR_TRUST
    assert measured.trust == pytest.approx(1.0)


def test_votes_leave_the_voter_out() -> None:
    # On a line each code's nearest other is of the other class: with itself it would be right.
    codes = np.array([[0.0], [1.0], [10.0], [11.0]])
    labels = np.array([0, 1, 0, 1])
    assert quality.knn_leave_one_out(codes, labels, k=1) == 0.0
    assert quality.knn_leave_one_out(codes, np.array([0, 0, 1, 1]), k=1) == 1.0
    # Codes without a label neither vote nor count.
    assert quality.knn_leave_one_out(codes, np.array([0, -1, 0, -1]), k=1) == 1.0
    assert quality.knn_leave_one_out(codes, np.array([-1, -1, 0, -1])) is None


# ---- answers -------------------------------------------------------------------------------------


@pytest.fixture
def codes(trained: Run) -> tuple[Codes, torch.Tensor]:
    return run_codes(trained)


def test_terms_of_each_image(
    trained: Run, tiny: ImageData, codes: tuple[Codes, torch.Tensor]
) -> None:
    model = load_model(trained.directory)
    mu = codes[0].mu
    losses = terms.code_terms(model, tiny, len(mu)).recon_loss
    assert losses.shape == (len(tiny.test),)
    with torch.inference_mode():
        expected = bernoulli_nll(model.decode(mu[7][None])[0], tiny.test.images[7] / 255)
    assert losses[7] == pytest.approx(float(expected), rel=1e-5)
    told = selected_answer(model, codes[0], 7, tiny, "")
    assert losses[7] == pytest.approx(told["recon_loss"], rel=1e-5)
    assert len(terms.code_terms(model, tiny, 5).recon_loss) == 5
    # Codes without an image have no cost.
    more = terms.code_terms(model, tiny, len(tiny.test) + 2).recon_loss
    assert np.isnan(more).tolist() == [False] * len(tiny.test) + [True] * 2


def test_answer_about_a_group(
    trained: Run, tiny: ImageData, codes: tuple[Codes, torch.Tensor]
) -> None:
    import base64

    model = load_model(trained.directory)
    chosen = np.zeros(len(codes[1]), dtype=np.bool_)
    chosen[[0, 1, 3]] = True  # classes 0, 1, 0
    told = terms.group_answer(model, *codes, chosen, tiny)
    assert (told["count"], told["labels"], told["counts"]) == (3, [0, 1], [2, 1])
    assert told["mean"] is not None
    mean = np.frombuffer(base64.b64decode(told["mean"]), np.uint8)
    exact = tiny.test.images[[0, 1, 3]].float().mean(0).flatten().numpy()
    np.testing.assert_allclose(mean, exact, atol=0.51)
    decoded = np.frombuffer(base64.b64decode(told["decoded"]), np.uint8)
    with torch.inference_mode():
        image = model.generate(codes[0].mu[[0, 1, 3]].mean(0)[None])[0]
    np.testing.assert_allclose(decoded, 255 * image.flatten().numpy(), atol=0.51)
    without = terms.group_answer(model, *codes, chosen, None)
    assert without["mean"] is None
    assert without["decoded"] == told["decoded"]


@given(st.lists(st.booleans(), min_size=1, max_size=70))
def test_mask_there_and_back(bits: list[bool]) -> None:
    chosen = np.array(bits)
    found = terms.read_mask(terms.write_mask(chosen), len(bits))
    if any(bits):
        assert found is not None
        np.testing.assert_array_equal(found, chosen)
    else:
        assert found is None


@pytest.mark.parametrize("text", ["", "nonsense!", "AAAA", "é"])
def test_mask_that_does_not_fit_is_none(text: str) -> None:
    assert terms.read_mask(text, 100) is None


# ---- the work ------------------------------------------------------------------------------------


def test_work_is_done_and_kept(root: Path) -> None:
    run, mu = run_in(root), normal(90, 3)
    folder, key = cache.folder(root), background.key_of(run, SMALL)
    assert background.find(run, SMALL) is None
    background.start(run, SMALL, mu)
    assert background.look(folder, key).state == "running"
    wait(lambda: background.find(run, SMALL) is not None)
    wait(lambda: background.look(folder, key).state == "none")
    assert [path.name for path in folder.iterdir()] == [f"{key}.safetensors"]
    expected = methods.embed(mu[::3], SMALL)
    np.testing.assert_allclose(background.find(run, SMALL), expected, atol=1e-3)
    assert runs.list_runs(root) == []  # Neither the cache nor a bare folder is a run.


def test_stop_leaves_nothing(root: Path) -> None:
    run = run_in(root)
    long = make(method="tsne", points=5000)
    folder, key = cache.folder(root), background.key_of(run, long)
    background.start(run, long, normal(5000, 20))
    work = cache.read_work(folder, key)
    assert work is not None
    assert work.pid is not None
    assert psutil.pid_exists(work.pid)
    background.stop(folder, key)
    assert processes.process_started(work.pid) is None
    assert list(folder.iterdir()) == []
    assert background.look(folder, key).state == "none"


def test_one_at_a_time_in_turn(root: Path) -> None:
    run, mu = run_in(root), normal(5000, 20)
    folder = cache.folder(root)
    first, second = (make(method="tsne", points=5000, seed=seed) for seed in (0, 1))
    keys = [background.key_of(run, one) for one in (first, second)]
    for one in (first, second, first):
        background.start(run, one, mu)
    assert [background.look(folder, key).state for key in keys] == ["running", "queued"]
    background.stop(folder, keys[0])
    assert [background.look(folder, key).state for key in keys] == ["none", "running"]
    background.stop(folder, keys[1])


def test_a_killed_process_is_a_sentence_and_can_be_started_again(root: Path) -> None:
    run, mu = run_in(root), normal(5000, 20)
    long = make(method="tsne", points=5000)
    folder, key = cache.folder(root), background.key_of(run, long)
    background.start(run, long, mu)
    work = cache.read_work(folder, key)
    assert work is not None
    assert work.pid is not None
    psutil.Process(work.pid).kill()
    wait(lambda: processes.process_started(work.pid or 0) is None)
    found = background.look(folder, key)
    assert found.state == "failed"
    assert "start it again" in str(found.error)
    background.start(run, long, mu)
    assert background.look(folder, key).state == "running"


def test_a_method_that_fails_is_a_sentence(root: Path) -> None:
    run = run_in(root)
    folder, key = cache.folder(root), background.key_of(run, SMALL)
    background.start(run, SMALL, np.ones((60, 2), dtype=np.float32))
    wait(lambda: background.look(folder, key).state == "failed")
    assert "collapsed" in str(background.look(folder, key).error)
    assert [path.name for path in folder.iterdir()] == [f"{key}.json"]


def test_the_worker_ends_with_its_server(root: Path) -> None:
    run = run_in(root)
    code = f"""
import numpy as np
from pathlib import Path
from vae.analysis.embeddings import background
from vae.analysis.embeddings.settings import make
from vae.runs import Run
mu = np.random.default_rng(0).normal(size=(5000, 20))
background.start(Run(Path({str(run.directory)!r})), make(method="tsne", points=5000), mu)
"""
    subprocess.run([sys.executable, "-c", code], env=process_env(), check=True)
    (work,) = cache.all_work(cache.folder(root)).values()
    wait(lambda: processes.process_started(work.pid or 0) is None)
    wait(lambda: not list(cache.folder(root).iterdir()))


def test_the_worker_imports_no_torch() -> None:
    code = "import sys, vae.analysis.embeddings.worker; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=process_env()).returncode == 0


@pytest.mark.parametrize("arguments", [[], ["folder", "key", "none"]])
def test_the_worker_refuses_nonsense(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "vae.analysis.embeddings.worker", *arguments]
    found = subprocess.run(command, env=process_env(), capture_output=True, text=True)
    assert found.returncode == 2
    assert "Traceback" not in found.stderr


def test_bad_settings_are_refused_before_a_process_starts(root: Path) -> None:
    run = run_in(root)
    with pytest.raises(ConfigError, match="perplexity"):
        background.start(run, Tsne(points=30, perplexity=10), normal(60, 2))
    assert not cache.folder(root).exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(root: Path) -> None:
    run = run_in(root)
    (root / ".cache").write_text("in the way")
    with pytest.raises(RunError, match="writable"):
        background.start(run, SMALL, normal(60, 2))
    assert background.find(run, SMALL) is None


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x80\x04\x95"])
def test_a_damaged_result_counts_as_none(root: Path, content: bytes) -> None:
    run = run_in(root)
    folder = cache.folder(root)
    folder.mkdir(parents=True)
    (folder / f"{background.key_of(run, SMALL)}.safetensors").write_bytes(content)
    assert background.find(run, SMALL) is None


def test_only_the_newest_results_stay(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "KEPT", 2)
    folder = cache.folder(root)
    folder.mkdir(parents=True)
    for number, key in enumerate("abc"):
        cache.write_result(folder, key, normal(4, 2))
        os.utime(folder / f"{key}.safetensors", (number, number))
    cache.write_result(folder, "d", normal(4, 2))
    assert sorted(path.stem for path in folder.iterdir()) == ["c", "d"]
