"""Which runs a living process trains, and who may claim one."""

import os
import subprocess
import sys
import time

import psutil
import pytest

from vae.errors import RunError
from vae.runs import Status, claim, delete, processes, rename


def running(pid: int, started: float | None) -> Status:
    return Status(state="running", pid=pid, pid_started=started)


def test_a_run_of_a_living_process_is_running(run):
    claim(run)
    status = run.status()
    assert status.state == "running"
    assert status.pid == os.getpid()
    assert status.pid_started == pytest.approx(psutil.Process().create_time())


def test_a_recycled_process_id_reads_as_dead(run):
    started = psutil.Process().create_time()
    run.write_status(running(os.getpid(), started - 5))
    assert run.status().state == "interrupted"
    run.write_status(running(os.getpid(), started))
    assert run.status().state == "running"


@pytest.mark.parametrize(
    "status",
    [running(2**22 + 1, 5.0), running(os.getpid(), None), Status(state="running")],
)
def test_without_process_or_start_time_a_run_is_dead(run, status):
    run.write_status(status)
    assert run.status().state == "interrupted"


def test_a_killed_process_reads_as_dead_before_and_after_it_is_reaped(run):
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    run.write_status(running(process.pid, processes.process_started(process.pid)))
    assert run.status().state == "running"
    process.kill()
    while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.005)
    assert run.status().state == "interrupted"
    process.communicate()
    assert run.status().state == "interrupted"


@pytest.mark.parametrize("state", ["queued", "done", "failed", "cancelled", "interrupted"])
def test_other_states_are_as_written(run, state):
    run.write_status(Status(state=state, pid=2**22 + 1, pid_started=5.0))
    assert run.status().state == state


def test_a_run_that_is_alive_is_kept_from_others(run):
    claim(run)
    for action in (claim, delete, lambda it: rename(it, "other")):
        with pytest.raises(RunError, match=f"is running .process {os.getpid()}"):
            action(run)
    assert run.directory.is_dir()


def test_claim_keeps_the_epoch_and_forgets_the_error(run):
    run.write_status(Status(state="failed", epoch=2, epochs=3, error="why"))
    claim(run)
    status = run.status()
    assert (status.epoch, status.epochs, status.error) == (2, 3, None)
