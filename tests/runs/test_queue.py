"""Runs in processes of their own, on scikit-learn's digits: real workers, no page."""

import errno
import os
import shutil
import subprocess
import sys
import threading
import time
from threading import Timer
from typing import Any

import psutil
import pytest
from commands import process_env
from queued_runs import LONG, log_of, state, training, wait_for, wait_for_epoch
from waiting import WAIT_S, wait

from vae import runs
from vae.errors import RunError
from vae.runs import LOCK_FILE, STOP_FILE, Run, Status, queue, workers
from vae.runs.files import CONFIG_FILE
from vae.training.trainer import train_run


def figures(run: Run) -> list[tuple[Any, Any, Any]]:
    return [(line["epoch"], line["train"], line["test"]) for line in run.epochs()]


def test_queue_goes_on_without_a_page(make, root):
    first, second, mere = make("first", epochs=3), make("second", epochs=2), make("mere")
    queue.submit(first)
    queue.submit(second)
    assert state(first) == "running"
    waiting = second.status()
    assert waiting.state == "queued"
    assert waiting.queued_at is not None
    queue.submit(second)
    assert second.status().queued_at == waiting.queued_at, "it keeps its place"
    pid = first.status().pid
    assert pid is not None
    assert psutil.Process(pid).nice() >= 10
    assert os.getsid(pid) == pid
    # Nobody looks after the queue from here on: the first worker takes the second run.
    seen: set[tuple[str, str]] = set()
    wait(lambda: seen.add((state(first), state(second))) or state(second) == "done")
    assert state(first) == "done"
    assert ("running", "running") not in seen
    assert [line["epoch"] for line in first.epochs()] == [1, 2, 3]
    wait(lambda: "2 epochs in" in log_of(second))
    assert state(mere) == "queued", "a config alone is not in the queue"
    assert first.status().queued_at is None
    assert second.status().pid == pid, "what has imported everything takes the next run"
    # The end is noted before the process is gone; after it no zombie is left.
    wait(lambda: not training(root))
    wait(lambda: queue.start_next(root) or not workers.backend.children)
    assert not (root / LOCK_FILE).exists()
    with pytest.raises(RunError, match="is done"):
        queue.submit(first)
    before = first.status()
    queue.cancel(first)
    assert first.status() == before
    assert not (first.directory / STOP_FILE).exists()


def test_cancel_and_resume(make):
    settings = {"epochs": 30, "seed": 3}
    broken, whole = make("broken", **settings), make("whole", **settings)
    queue.submit(broken)
    queue.submit(whole)
    queue.cancel(whole)
    assert state(whole) == "cancelled"
    wait_for_epoch(broken)
    queue.cancel(broken)
    wait_for(broken, "cancelled")
    stopped = broken.status()
    assert 1 <= stopped.epoch < 30
    wait(lambda: not (broken.directory / STOP_FILE).exists())
    wait(lambda: f"stopped after {stopped.epoch} of 30 epochs" in log_of(broken))
    assert broken.epochs()[-1]["epoch"] == stopped.epoch
    assert state(whole) == "cancelled", "what was taken out of the queue is not started"
    queue.submit(whole)
    wait_for(whole, "done")
    queue.submit(broken)
    wait_for(broken, "done")
    assert figures(broken) == figures(whole)
    assert len(figures(broken)) == 30


def test_by_hand(make, spawn):
    run = make("hand", epochs=LONG)
    run.write_status(Status(epochs=LONG, queued_at=time.time()))
    (run.directory / STOP_FILE).touch()  # Left from another time.
    process = spawn("resume", run.directory)
    wait_for_epoch(run)
    assert run.status().queued_at is None
    queue.cancel(run)
    out, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0, err
    assert "Go on with" in out
    assert state(run) == "cancelled"


def test_killed_worker(make, root):
    run = make("killed", epochs=LONG)
    queue.submit(run)
    wait_for_epoch(run)
    with pytest.raises(RunError, match="running already"):
        queue.submit(run)
    pid = run.status().pid
    assert pid is not None
    psutil.Process(pid).kill()
    wait(lambda: state(run) == "interrupted")
    queue.start_next(root)
    assert state(run) == "interrupted", "the queue does not start what nobody asked for"
    queue.submit(run)
    assert state(run) == "running"
    assert run.status().pid != pid
    reached = run.status().epoch
    wait_for_epoch(run, reached + 1)
    assert "Traceback" not in log_of(run)


def test_one_worker_of_many_calls(make, root):
    names = ["a", "b", "c"]
    for name in names:
        make(name, epochs=LONG).write_status(Status(epochs=LONG, queued_at=time.time()))
    # A lock that a killed process left is in the way of them all.
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (root / LOCK_FILE).write_text(
        f'{{"pid": {gone.pid}, "started": 1.0, "host": "{os.uname().nodename}"}}'
    )
    imports = "from pathlib import Path; from vae.runs import queue"
    code = f"{imports}; queue.start_next(Path({str(root)!r}))"
    others = [subprocess.Popen([sys.executable, "-c", code], env=process_env()) for _ in range(2)]
    # The threads try over and over while the processes start.
    ended = threading.Event()

    def tend_on() -> None:
        while not ended.is_set():
            queue.start_next(root)
            time.sleep(0.01)  # Leaves the processes something to start with.

    wait(lambda: any(other.poll() is not None for other in others) or bool(training(root)))
    threads = [threading.Thread(target=tend_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    codes = [other.wait(WAIT_S) for other in others]
    ended.set()
    for thread in threads:
        thread.join()
    assert codes == [0, 0]
    assert len(training(root)) == 1
    states = {name: state(runs.open_run(name, root)) for name in names}
    assert states == {"a": "running", "b": "queued", "c": "queued"}


def test_one_of_many_claims(make, spawn):
    run = make("wanted", epochs=LONG)
    processes = [spawn("resume", run.directory) for _ in range(2)]
    wait(lambda: any(process.poll() is not None for process in processes))
    (left,) = (process for process in processes if process.poll() is None)
    assert run.status().pid == left.pid
    for process in processes:
        if process is not left:
            assert process.returncode == 2
            assert "is running" in process.communicate()[1]


def test_deleted_while_it_runs(make, spawn, root):
    run = make("lost", epochs=LONG)
    process = spawn("resume", run.directory)
    wait_for_epoch(run)

    def deleted() -> bool:
        shutil.rmtree(run.directory, ignore_errors=True)
        return not run.directory.exists()

    wait(deleted)
    _, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 2
    assert len(err.strip().splitlines()) == 1, err
    assert "is gone" in err
    assert not list(root.iterdir())


def test_half_deleted_while_it_writes(make):
    run = make("going", epochs=LONG)

    def write(report: object) -> None:
        # The file to be written is gone already; the config goes a little later.
        Timer(0.3, (run.directory / CONFIG_FILE).unlink).start()
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    with pytest.raises(RunError, match="is gone"):
        train_run(run, write)


def test_replaced_while_it_runs(make):
    run = make("twice", epochs=LONG)
    fresh = Status(state="cancelled", epochs=LONG)
    with pytest.raises(RunError, match="another process's"):
        train_run(run, lambda report: run.write_status(fresh))
    assert run.status() == fresh


def test_no_process_to_be_had(make, monkeypatch):
    run = make("stuck")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    queue.submit(run)
    assert state(run) == "failed"
    assert "cannot start a process" in (run.status().error or "")
    assert run.status().queued_at is None


def test_shipped_is_refused(make):
    run = make("given")
    config = run.config.model_copy(update={"shipped": True})
    (run.directory / "config.json").write_text(config.to_json())
    before = sorted(run.directory.iterdir())
    with pytest.raises(RunError, match="read-only"):
        queue.submit(run)
    assert sorted(run.directory.iterdir()) == before


def test_no_folder_no_queue(tmp_path):
    queue.start_next(tmp_path / "none")
    assert not (tmp_path / "none").exists()
