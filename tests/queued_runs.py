"""Runs in processes of their own: real workers, no page."""

import os

import psutil
from waiting import wait

from vae.runs import LOG_FILE, queue

LONG = 5_000
"""Epochs that no test waits for."""


def training(root):
    """Process ids of live workers of runs under ``root``, from the system's own list."""
    found = []
    for process in psutil.process_iter():
        try:
            line = process.cmdline()
        except psutil.Error:
            continue
        is_worker = bool({"work", "resume"} & set(line))
        if is_worker and any(part.startswith(f"{root.resolve()}{os.sep}") for part in line):
            found.append(process.pid)
    return found


def state(run):
    return run.status().state


def wait_for(run, *wanted):
    def there():
        queue.start_next(run.directory.parent)
        now = run.status()
        assert now.state in wanted or now.state in ("queued", "running"), (now, log_of(run))
        return now.state in wanted

    wait(there, message=f"{run.name} never came to be {wanted}")


def wait_for_epoch(run, epoch=1):
    wait(lambda: run.status().epoch >= epoch, message=f"{run.name} never came to epoch {epoch}")


def log_of(run):
    path = run.directory / LOG_FILE
    return path.read_text() if path.exists() else "no log"
