"""Processes: known although the clock is set, and started in one place alone."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import vae
from vae.runs import Status, processes
from vae.runs.processes import ProcessId, identify, is_alive

PACKAGE = Path(vae.__file__).parent
FORBIDDEN = {
    "Popen",
    "Thread",
    "Timer",
    "ThreadPoolExecutor",
    "ProcessPoolExecutor",
    "Process",
    "Pool",
    "spawnv",
    "fork",
}


def test_a_process_is_known_although_the_clock_was_set(monkeypatch):
    me = identify(os.getpid())
    assert is_alive(me)
    moved = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: moved(self) + 3.0)
    assert is_alive(me) == (sys.platform == "linux")
    # Files of earlier versions have the time alone.
    old = Status.model_validate_json(f'{{"pid": {os.getpid()}, "pid_started": {me.pid_started}}}')
    assert not is_alive(old)
    monkeypatch.undo()
    assert is_alive(old)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux names its boot and start in ticks")
def test_a_number_of_another_start_or_boot_is_another_process(
    monkeypatch,
):
    me = identify(os.getpid())
    boot, _, ticks = str(me.pid_mark).rpartition(":")
    assert not is_alive(me.model_copy(update={"pid_mark": f"{boot}:{int(ticks) + 1}"}))
    assert not is_alive(me.model_copy(update={"pid_mark": f"other:{ticks}"}))
    assert not is_alive(ProcessId(pid=2**22 + 1, pid_mark=me.pid_mark))
    # On a system that does not tell, the time has to do.
    monkeypatch.setattr(processes, "_boot_id", lambda: "")
    assert is_alive(me)


def test_one_that_has_ended_and_was_not_asked_after_is_not_alive():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    found = identify(child.pid)
    assert is_alive(found)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(found)
    child.communicate()
    assert not is_alive(found)


def test_processes_and_threads_are_started_in_runs_alone():
    found = []
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0]
        # The bench times processes; `vae class` starts servers, which are no work behind pages.
        if room in ("runs", "bench") or path.name == "serve.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if called.rpartition(".")[2] in FORBIDDEN and not called.startswith("psutil."):
                found.append(f"{path.relative_to(PACKAGE)}:{node.lineno}: {called}")
    assert not found, f"workers.py and threads.py start them for all: {found}"
