"""Locks between threads and processes, what a kill leaves of them, and who waits how long."""

import contextlib
import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock
import pytest
from commands import process_env

from vae import runs
from vae.errors import BusyError
from vae.runs import LOCK_FILE, Run, Status, queue
from vae.storage import locks
from vae.storage.locks import hold

HOLDER = """
import sys, time
from pathlib import Path
from vae.storage.locks import hold
with hold(Path(sys.argv[1])) as mine:
    print(mine, flush=True)
    time.sleep(600)
"""

HoldElsewhere = Callable[[Path], "subprocess.Popen[str]"]


@pytest.fixture
def hold_elsewhere() -> Iterator[HoldElsewhere]:
    """Hold a lock in another process until the test is over or kills it."""
    with contextlib.ExitStack() as stack:

        def start(path: Path) -> subprocess.Popen[str]:
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", HOLDER, str(path)],
                    stdout=subprocess.PIPE,
                    text=True,
                    env=process_env(),
                )
            )
            stack.callback(process.kill)
            assert process.stdout.readline() == "True\n"
            return process

        yield start


def holds(path: Path) -> bool:
    with hold(path) as mine:
        return mine


def test_one_holder_among_threads_and_further_up(tmp_path):
    path = tmp_path / "lock"
    seen: list[bool] = []
    with hold(path) as mine:
        assert mine
        assert not holds(path)
        thread = threading.Thread(target=lambda: seen.append(holds(path)))
        thread.start()
        thread.join()
    assert seen == [False]
    assert not path.exists()
    assert holds(path)


def test_never_two_in_the_body(tmp_path):
    path, inside, most, turns = tmp_path / "lock", 0, 0, 0

    def work() -> None:
        nonlocal inside, most, turns
        for _ in range(25):
            with hold(path, 20) as mine:
                assert mine
                inside += 1
                most = max(most, inside)
                turns += 1
                time.sleep(0.0005)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, turns) == (1, 150)


def test_another_process(tmp_path, hold_elsewhere):
    path = tmp_path / "lock"
    other = hold_elsewhere(path)
    assert not holds(path)
    other.kill()
    other.wait()
    assert path.exists()
    assert holds(path), "a process that was killed holds nothing"
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "half a rec", '{"pid": 1, "started": 1.0, "host": "other"}'])
def test_a_file_that_somebody_left_blocks_nobody(tmp_path, text):
    path = tmp_path / "lock"
    path.write_text(text)
    assert holds(path)


def test_an_error_in_the_body_lets_go(tmp_path):
    path = tmp_path / "lock"
    with pytest.raises(KeyError), hold(path):
        raise KeyError
    assert not path.exists()
    assert holds(path)


def test_another_file_in_its_place_stays(tmp_path):
    path = tmp_path / "lock"
    with hold(path):
        path.rename(tmp_path / "away")
        path.write_text("somebody else's")
    assert path.read_text() == "somebody else's"


def test_waiting(tmp_path):
    path = tmp_path / "lock"
    held, done = threading.Event(), threading.Event()

    def keep() -> None:
        with hold(path):
            held.set()
            done.wait(20)

    thread = threading.Thread(target=keep)
    thread.start()
    assert held.wait(20)
    threading.Timer(0.3, done.set).start()
    started = time.monotonic()
    with hold(path, 20) as mine:
        assert mine
    assert 0.2 < time.monotonic() - started < 10
    thread.join()


def test_no_folder_is_made(tmp_path):
    with pytest.raises(FileNotFoundError), hold(tmp_path / "gone" / "lock"):
        pass
    assert not (tmp_path / "gone").exists()


def test_a_drive_without_locks(tmp_path, monkeypatch):
    def refuse(*args: object, **kwargs: object) -> bool:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(filelock, "lock_descriptor", refuse)
    path = tmp_path / "lock"
    with hold(path) as mine:
        assert mine
        assert str(os.getpid()) in path.read_text()
        assert not holds(path)
    assert not path.exists()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    path.write_text(f"{gone.pid}\n{os.uname().nodename}\n")
    assert holds(path)


@pytest.fixture
def waiting(tmp_path, make_config) -> Run:
    """A run in a folder whose queue is kept by another process."""
    run = runs.create(make_config(dataset="digits"), tmp_path)
    run.write_status(Status(queued_at=time.time(), epochs=3))
    return run


@pytest.mark.parametrize(
    "call",
    [
        queue.submit,
        queue.cancel,
        queue.force_stop,
        runs.delete,
        lambda run: runs.rename(run, "other"),
        lambda run: queue.start_next(run.directory.parent),
    ],
)
def test_a_page_does_not_wait(
    call,
    waiting,
    hold_elsewhere,
    monkeypatch,
):
    from vae.ui.shared.shell import warm_up

    warm_up.clear()
    warm_up()
    hold_elsewhere(waiting.directory.parent / LOCK_FILE)
    started = time.monotonic()
    with contextlib.suppress(BusyError):
        call(waiting)
    assert time.monotonic() - started < 3
    assert waiting.status().state == "queued"


def test_a_busy_queue_says_so(waiting, hold_elsewhere):
    assert locks.patience_s == 20, "a command waits"
    locks.patience_s = locks.PAGE_PATIENCE_S
    hold_elsewhere(waiting.directory.parent / LOCK_FILE)
    with pytest.raises(BusyError, match=r"^the queue in .* is busy: try again in a moment\.$"):
        queue.submit(waiting)
