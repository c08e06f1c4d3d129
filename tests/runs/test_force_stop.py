"""Workers that hang or die early: ended by force, and their last words."""

import os
import subprocess
import sys

import psutil
import pytest
from queued_runs import LONG, state, wait_for, wait_for_epoch
from waiting import wait

from vae.errors import RunError
from vae.runs import LOG_FILE, STOP_FILE, Run, Status, processes, queue, workers
from vae.runs.processes import ProcessId


def hang(run: Run) -> int:
    """Stop a run's process as a debugger would: it is alive and does nothing."""
    pid = run.status().pid
    assert pid is not None
    psutil.Process(pid).suspend()
    wait(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    return pid


def test_force_stop_of_a_worker_that_hangs(make, root):
    run, following = make("hung", epochs=LONG), make("following", epochs=LONG)
    queue.submit(run)
    queue.submit(following)
    wait_for_epoch(run)
    pid = hang(run)
    assert queue.stop_asked(run.directory) is None
    queue.cancel(run)
    asked = (run.directory / STOP_FILE).stat().st_mtime
    assert queue.stop_asked(run.directory) is not None
    queue.cancel(run)
    assert (run.directory / STOP_FILE).stat().st_mtime == asked, "the time counts from the first"
    queue.start_next(root)
    assert (state(run), state(following)) == ("running", "queued")

    queue.force_stop(run)
    assert processes.process_started(pid) is None
    status = run.status()
    assert status.state == "interrupted"
    assert status.epoch >= 1
    assert "did not react to Stop" in (status.error or "")
    assert not (run.directory / STOP_FILE).exists()
    assert state(following) == "running", "the queue goes on"
    queue.cancel(following)
    wait_for(following, "cancelled")
    queue.submit(run)
    wait_for_epoch(run, status.epoch + 1)
    assert run.status().error is None


def test_force_stop_ends_no_other_process(make):
    run = make("old")
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        started = processes.process_started(other.pid)
        # Its number was given to another process since.
        run.write_status(Status(state="running", pid=other.pid, pid_started=started - 5))
        queue.force_stop(run)
        workers.backend.stop(ProcessId(pid=other.pid, pid_started=started - 5))
        assert other.poll() is None
        assert state(run) == "interrupted"
    finally:
        other.kill()
        other.communicate()


@pytest.mark.parametrize("ended", ["done", "cancelled", "failed"])
def test_force_stop_leaves_what_has_ended(make, ended):
    run = make("ended")
    before = Status(state=ended, epoch=3, epochs=3, error="why")
    run.write_status(before)
    queue.force_stop(run)
    assert run.status() == before


def test_force_stop_of_another_users_process(make, monkeypatch):
    run = make("theirs")
    pid = os.getpid()
    run.write_status(Status(state="running", pid=pid, pid_started=processes.process_started(pid)))

    def refuse(self: psutil.Process) -> None:
        raise psutil.AccessDenied(self.pid)

    monkeypatch.setattr(psutil.Process, "kill", refuse)
    with pytest.raises(RunError, match="another user's"):
        queue.force_stop(run)
    assert state(run) == "running"


def test_a_worker_that_dies_before_it_claims_leaves_its_last_words(make, monkeypatch, tmp_path):
    run = make("early-death")
    queue.submit(run)
    wait_for(run, "done")
    wait(lambda: "epochs in" in workers.backend.last_words(run.directory / LOG_FILE))
    run.write_status(Status(state="cancelled", epochs=3))
    # A module that shadows a needed one, as a broken installation does.
    (tmp_path / "safetensors.py").write_text("raise ImportError('no safetensors here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    queue.submit(run)
    wait_for(run, "interrupted")
    assert run.status().queued_at is not None, "it never claimed the run"
    words = workers.backend.last_words(run.directory / LOG_FILE)
    assert words == "ImportError: no safetensors here"


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (None, ""),
        (b"", ""),
        (b"\n  \n", ""),
        (b"first\nsecond  \n\n", "second"),
        (b"bar 1\rbar 2\r", "bar 2"),
        (b"an old failure\n# started 2025-01-01 00:00:00\n", ""),
        (b"\x1b[31mred\x00\xff", " [31mred \ufffd"),
        (b"x" * 9000, "x" * 198 + " …"),
        (b"x" * 200, "x" * 200),
    ],
)
def test_last_words(make, log, words):
    run = make("talker")
    if log is not None:
        (run.directory / LOG_FILE).write_bytes(log)
    assert workers.backend.last_words(run.directory / LOG_FILE) == words
    assert len(workers.backend.last_words(run.directory / LOG_FILE)) <= 200
