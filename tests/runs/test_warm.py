"""A process that waits for the next run: takes it, is replaced, and never outstays its use."""

import os
import signal
import subprocess
import sys

import psutil
import pytest
from commands import process_env
from queued_runs import LONG, state, wait_for, wait_for_epoch
from waiting import wait

from vae.runs import queue, warm, workers
from vae.runs.processes import identify
from vae.runs.store import Run


@pytest.fixture
def spare(monkeypatch):
    """A spare process of the test's own, on a machine that has room for it."""
    monkeypatch.setenv(warm.MINUTES, "10")
    monkeypatch.setattr(warm, "_SETTLE_S", 0.0)
    monkeypatch.setattr(warm, "_LOOK_S", 0.02)
    monkeypatch.setattr(warm, "_NEEDED_BYTES", 0)
    mine = warm.Spare()
    monkeypatch.setattr(warm, "spare", mine)
    yield mine
    monkeypatch.setenv(warm.MINUTES, "0")
    wait(lambda: not mine._is_kept)


def waiting(spare):
    wait(lambda: spare.pid() is not None, message="no process waits")
    return spare.pid()


def test_the_process_that_waits_takes_the_run_and_another_takes_its_place(spare, make):
    queue.submit(cold := make("cold", epochs=2))
    wait_for(cold, "done")
    warm.keep()
    first = waiting(spare)
    run = make("one", epochs=LONG)
    queue.submit(run)
    status = run.status()
    assert status.pid == first
    assert status.pid_mark == identify(first).pid_mark, "the process is known by its own start"
    wait_for_epoch(run)
    second = waiting(spare)
    assert second != first
    queue.cancel(run)
    wait_for(run, "cancelled")
    wait(lambda: "Go on with" in workers.backend.last_words(run.directory / "log.txt"))
    # It is the same training, to the last bit.
    same = make("same", epochs=2)
    queue.submit(same)
    assert same.status().pid == second
    wait_for(same, "done")
    assert [line["test"] for line in same.epochs()] == [line["test"] for line in cold.epochs()]


def test_one_that_is_gone_or_of_another_size_is_passed_over(spare, make, monkeypatch):
    warm.keep()
    pid = waiting(spare)
    with monkeypatch.context() as patch:
        patch.setattr(queue, "cores", lambda: psutil.cpu_count() + 5)
        queue.submit(other := make("other", epochs=1))
    assert other.status().pid != pid
    wait_for(other, "done")
    assert spare.pid() == pid
    psutil.Process(pid).kill()
    wait(lambda: spare.pid() != pid)
    queue.submit(run := make("one", epochs=1))
    assert run.status().pid != pid
    wait_for(run, "done")


def test_it_is_let_go_when_nobody_wants_it_and_comes_when_wanted_again(spare, monkeypatch):
    warm.keep()
    pid = waiting(spare)
    monkeypatch.setenv(warm.MINUTES, "0.0001")
    wait(lambda: not psutil.pid_exists(pid))
    warm.keep()
    monkeypatch.setenv(warm.MINUTES, "10")
    warm.keep()
    assert waiting(spare) != pid


SERVER = """
import sys, time
from pathlib import Path
from vae.runs import open_run, queue, warm
warm._SETTLE_S = warm._NEEDED_BYTES = 0
warm.keep()
while warm.spare.pid() is None:
    time.sleep(0.02)
print(warm.spare.pid(), flush=True)
sys.stdin.readline()
queue.submit(open_run("one", Path(sys.argv[1])))
print("started", flush=True)
time.sleep(1000)
"""


@pytest.mark.parametrize("has_run", [False, True])
def test_it_ends_with_a_server_that_is_killed_and_goes_on_if_it_has_a_run(root, make, has_run):
    run: Run = make("one", epochs=LONG)
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(root)],
        env=process_env() | {warm.MINUTES: "10"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdin
    assert server.stdout
    try:
        pid = int(server.stdout.readline())
        if has_run:
            server.stdin.write(b"\n")
            server.stdin.flush()
            assert server.stdout.readline() == b"started\n"
            assert run.status().pid == pid
    finally:
        server.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        server.communicate()
    if not has_run:
        wait(lambda: not psutil.pid_exists(pid), message="it waits for a server that is gone")
        return
    wait_for_epoch(run)
    assert state(run) == "running"
    os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    wait(lambda: state(run) == "interrupted")
