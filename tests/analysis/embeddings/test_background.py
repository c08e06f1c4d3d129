"""Embeddings computed in a process of their own, and kept."""

import os
import subprocess
import sys

import numpy as np
import psutil
import pytest
from commands import process_env
from waiting import wait

from vae import runs
from vae.analysis.embeddings import background, cache, methods
from vae.analysis.embeddings.settings import Tsne, make
from vae.errors import ConfigError, RunError
from vae.runs import Run, processes, tasks

SMALL = make(method="tsne", points=30, perplexity=5)


def normal(count, d, seed=0):
    return np.random.default_rng(seed).normal(size=(count, d)).astype(np.float32)


@pytest.fixture
def root(tmp_path):
    """A folder of runs; whatever works there is ended."""
    folder = tmp_path / "runs"
    yield folder
    for key in tasks.all_tasks(tasks.folder_of(folder)):
        tasks.stop(folder, key)


def run_in(root, name="one"):
    directory = root / name
    directory.mkdir(parents=True, exist_ok=True)
    return Run(directory)


def test_work_is_done_and_kept(root):
    run, mu = run_in(root), normal(90, 3)
    folder, key = tasks.folder_of(root), background.key_of(run, SMALL)
    assert background.find(run, SMALL) is None
    background.start(run, SMALL, mu)
    assert tasks.look(root, key).state == "running"
    wait(lambda: background.find(run, SMALL) is not None)
    wait(lambda: tasks.look(root, key).state == "none")
    assert not list(folder.iterdir())
    assert [path.name for path in cache.folder(root).iterdir()] == [f"{key}.safetensors"]
    expected = methods.embed(mu[::3], SMALL)
    np.testing.assert_allclose(background.find(run, SMALL), expected, atol=1e-3)
    assert runs.list_runs(root) == []  # Neither the cache nor a bare folder is a run.


def test_stop_leaves_nothing(root):
    run = run_in(root)
    long = make(method="tsne", points=5000)
    folder, key = tasks.folder_of(root), background.key_of(run, long)
    background.start(run, long, normal(5000, 20))
    work = tasks.read(folder, key)
    assert psutil.pid_exists(work.pid)
    tasks.stop(root, key)
    assert processes.process_started(work.pid) is None
    assert list(folder.iterdir()) == []
    assert tasks.look(root, key).state == "none"


def test_one_at_a_time_in_turn(root):
    run, mu = run_in(root), normal(5000, 20)
    first, second = (make(method="tsne", points=5000, seed=seed) for seed in (0, 1))
    keys = [background.key_of(run, one) for one in (first, second)]
    for one in (first, second, first):
        background.start(run, one, mu)
    assert [tasks.look(root, key).state for key in keys] == ["running", "queued"]
    tasks.stop(root, keys[0])
    assert [tasks.look(root, key).state for key in keys] == ["none", "running"]
    tasks.stop(root, keys[1])


def test_a_killed_process_is_a_sentence_and_can_be_started_again(root):
    run, mu = run_in(root), normal(5000, 20)
    long = make(method="tsne", points=5000)
    folder, key = tasks.folder_of(root), background.key_of(run, long)
    background.start(run, long, mu)
    work = tasks.read(folder, key)
    psutil.Process(work.pid).kill()
    wait(lambda: processes.process_started(work.pid or 0) is None)
    found = tasks.look(root, key)
    assert found.state == "failed"
    assert "start it again" in str(found.error)
    background.start(run, long, mu)
    assert tasks.look(root, key).state == "running"


def test_a_method_that_fails_is_a_sentence(root):
    run = run_in(root)
    folder, key = tasks.folder_of(root), background.key_of(run, SMALL)
    background.start(run, SMALL, np.ones((60, 2), dtype=np.float32))
    wait(lambda: tasks.look(root, key).state == "failed")
    assert "collapsed" in str(tasks.look(root, key).error)
    # The process notes its failure first, and then clears up.
    wait(lambda: [path.name for path in folder.iterdir()] == [f"{key}.json"])


def test_the_worker_ends_with_its_server(root):
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
    (work,) = tasks.all_tasks(tasks.folder_of(root)).values()
    wait(lambda: processes.process_started(work.pid or 0) is None)
    wait(lambda: not list(tasks.folder_of(root).iterdir()))


def test_the_worker_imports_no_torch():
    code = "import sys, vae.analysis.embeddings.worker; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=process_env()).returncode == 0


@pytest.mark.parametrize("arguments", [[], ["folder", "key"]])
def test_the_worker_refuses_nonsense(arguments):
    command = [sys.executable, "-m", "vae.analysis.embeddings.worker", *arguments]
    found = subprocess.run(command, env=process_env(), capture_output=True, text=True)
    assert found.returncode == 2
    assert "Traceback" not in found.stderr


def test_bad_settings_are_refused_before_a_process_starts(root):
    run = run_in(root)
    with pytest.raises(ConfigError, match="perplexity"):
        background.start(run, Tsne(points=30, perplexity=10), normal(60, 2))
    assert not (root / ".cache").exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(root):
    run = run_in(root)
    (root / ".cache").write_text("in the way")
    with pytest.raises(RunError, match="writable"):
        background.start(run, SMALL, normal(60, 2))
    assert background.find(run, SMALL) is None


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x80\x04\x95"])
def test_a_damaged_result_counts_as_none(root, content):
    run = run_in(root)
    folder = cache.folder(root)
    folder.mkdir(parents=True)
    (folder / f"{background.key_of(run, SMALL)}.safetensors").write_bytes(content)
    assert background.find(run, SMALL) is None


def test_only_the_newest_results_stay(root, monkeypatch):
    monkeypatch.setattr(cache, "KEPT", 2)
    folder = cache.folder(root)
    folder.mkdir(parents=True)
    for number, key in enumerate("abc"):
        cache.write_result(cache.path_of(folder, key), normal(4, 2))
        os.utime(folder / f"{key}.safetensors", (number, number))
    cache.write_result(cache.path_of(folder, "d"), normal(4, 2))
    assert sorted(path.stem for path in folder.iterdir()) == ["c", "d"]
