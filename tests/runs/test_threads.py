"""Work in threads of the server."""

import threading
import time

import pytest
from waiting import WAIT_S, wait

from vae.errors import ConfigError
from vae.runs import threads
from vae.runs.threads import Threads


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "the memory of this machine is not enough."),
        (ConfigError("no such thing."), "no such thing."),
        (ValueError("odd"), "it failed (ValueError: odd)."),
        (SystemExit(3), "it failed (SystemExit: 3)."),
    ],
)
def test_whatever_goes_wrong_nothing_looks_as_if_it_went_on(error, words):
    beside: Threads[int] = Threads("test", retry_s=WAIT_S)

    def fail(report: object) -> int:
        raise error

    beside.submit("bad", fail)
    beside.submit("good", lambda report: 5)
    assert beside.wait("good").result == 5, "the others go on"
    found = beside.look("bad")
    assert (found.state, found.error) == ("failed", words)
    assert not found.is_live


def test_a_failure_is_not_kept():
    tries: list[int] = []

    def work(report: object) -> int:
        tries.append(1)
        if len(tries) == 1:
            raise MemoryError
        return 7

    beside: Threads[int] = Threads("test", retry_s=0.2)
    beside.submit("a", work)
    assert beside.wait("a").state == "failed"
    # A page's timer that asks at once gets the same answer; who comes later has it tried again.
    assert beside.submit("a", work).state == "failed"
    time.sleep(0.25)
    beside.submit("a", work)
    assert beside.wait("a").result == 7
    assert beside.submit("a", work).result == 7
    assert len(tries) == 2


def test_only_the_newest_results_are_kept_and_work_is_never_dropped():
    beside: Threads[int] = Threads("test", kept=2)
    go = threading.Event()
    beside.submit("slow", lambda report: go.wait(WAIT_S) or 1)
    for key in range(4):
        beside.submit(key, lambda report: 2)
    assert beside.look(0).state == "queued"
    go.set()
    wait(lambda: beside.look(3).state == "done")
    beside.submit("last", lambda report: 3)
    assert beside.wait("last").result == 3
    assert [beside.look(key).state for key in (0, 1, 2)] == ["none"] * 3


def test_no_thread_to_be_had(monkeypatch):
    def refuse(*args: object) -> None:
        raise RuntimeError("can't start new thread")

    beside: Threads[int] = Threads("test")
    with monkeypatch.context() as patch:
        patch.setattr(threads, "begin", refuse)
        assert beside.submit("a", lambda report: 1).state == "failed"
    beside.submit("a", lambda report: 1)
    assert beside.wait("a").result == 1


def test_watching_ends():
    seen = threading.Event()
    end = threads.watch(lambda: False, seen.set, 0.01, "test-watch")
    end()
    assert not any(thread.name == "test-watch" for thread in threading.enumerate())
    threads.watch(lambda: True, seen.set, 0.01, "test-watch")
    assert seen.wait(WAIT_S)
