"""Who trains next, on an engine that trains nothing: one more class with the calls of a backend."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from vae import runs
from vae.runs import Run, queue, workers
from vae.runs.processes import ProcessId
from vae.runs.spawn import Command


class Paper:
    """Notes what is started, and ends it when it is told."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.threads: dict[str, int] = {}
        self.alive: dict[str, int] = {}
        self._numbers = count(1)

    def start(self, command: Command) -> ProcessId:
        name = Path(command.arguments[-1]).name
        self.started.append(name)
        self.threads[name] = command.threads
        self.alive[name] = next(self._numbers)
        return ProcessId(pid=self.alive[name], pid_mark="paper")

    def is_alive(self, process: ProcessId) -> bool:
        return process.pid in self.alive.values()

    def stop(self, process: ProcessId, grace_s: float = 0.0) -> None:
        self.alive = {name: pid for name, pid in self.alive.items() if pid != process.pid}

    def last_words(self, log: Path) -> str:
        return ""

    def reap(self) -> None:
        pass

    def finish(self, run: Run) -> None:
        """End a training as its process would: noted, then the queue goes on."""
        del self.alive[run.name]
        run.write_status(run.status().model_copy(update={"state": "done", "queued_at": None}))
        queue.start_next(run.directory.parent)


@pytest.fixture
def engine(monkeypatch) -> Paper:
    paper = Paper()
    monkeypatch.setattr(workers, "backend", paper)
    # Starts lie apart in time, as they do for people.
    seconds = count(1_000_000)
    monkeypatch.setattr("vae.runs.queue.time.time", lambda: float(next(seconds)))
    monkeypatch.setattr(queue, "cores", lambda: 4)
    return paper


@pytest.fixture
def make(tmp_path, make_config) -> Callable[..., Run]:
    def create(name: str, **values: Any) -> Run:
        return runs.create(make_config(name, **values), tmp_path)

    return create


def test_people_are_served_in_the_order_of_their_starts(engine, make):
    first, second, third = (make(name) for name in "abc")
    for run in (first, third, second):
        queue.submit(run)
    assert engine.started == ["a"]
    assert engine.threads["a"] == 3, "one core is left to the pages"
    queue.cancel(third)
    engine.finish(first)
    assert engine.started == ["a", "b"]


def test_a_study_does_not_keep_people_waiting(engine, make):
    ones = [make(f"study{k}") for k in range(4)]
    mine, other = make("mine"), make("other")
    for run in ones:
        queue.submit(run, "study", 2)
    assert engine.started == ["study0", "study1"]
    assert engine.threads["study0"] == 2, "its runs share the cores"
    queue.submit(mine)
    queue.submit(other)
    assert engine.started == ["study0", "study1"]
    engine.finish(ones[0])
    assert engine.started[2:] == ["mine"], "the first place that is free"
    # Nor do people keep the study waiting: they have one place.
    engine.finish(ones[1])
    assert engine.started[3:] == ["study2"]
    engine.finish(mine)
    assert engine.started[4:] == ["other"]
    engine.finish(ones[2])
    assert engine.started[5:] == ["study3"]


def test_where_there_is_one_place_people_and_a_study_take_turns(engine, make):
    ones, others = [make(f"s{k}") for k in range(3)], [make(f"p{k}") for k in range(3)]
    by_name = {run.name: run for run in ones + others}
    for run in ones:
        queue.submit(run, "study", 1)
    for run in others:
        queue.submit(run)
    for _ in range(6):
        engine.finish(by_name[engine.started[-1]])
    assert engine.started == ["s0", "p0", "s1", "p1", "s2", "p2"]


@pytest.mark.parametrize(("has_gpu", "first"), [(True, ["g", "c"]), (False, ["g", "x"])])
def test_each_device_has_a_place_of_its_own(engine, make, monkeypatch, has_gpu, first):
    monkeypatch.setattr("torch.cuda.is_available", lambda: has_gpu)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    devices = {"g": "cuda", "x": "auto", "c": "cpu"}
    by_name = {name: make(name, device=device) for name, device in devices.items()}
    for run in by_name.values():
        queue.submit(run)
    # What is automatic waits for the device that it will take, and for no other.
    assert engine.started == first
    engine.finish(by_name["c" if has_gpu else "g"])
    assert engine.started == first
    engine.finish(by_name["g" if has_gpu else "x"])
    assert engine.started == [*first, "x" if has_gpu else "c"]


def test_short_work_waits_for_no_training(engine, make, tmp_path):
    from vae.runs import tasks

    queue.submit(make("long"))
    for key, kind in (
        ("e1", "embedding"),
        ("m1", "measure"),
        ("e2", "embedding"),
        ("v", "evaluation"),
    ):
        subject = "run" if kind != "embedding" else key
        tasks.submit(tmp_path, key, tasks.Task(kind=kind, subject=subject, advice="try again."))
    # One of each kind, and one that writes a run's figures.
    assert engine.started == ["long", "e1", "m1"]
    tasks.stop(tmp_path, "m1")
    assert engine.started[3:] == ["v"]
    engine.alive.pop("e1")
    found = tasks.look(tmp_path, "e1")
    assert (found.state, found.error) == (
        "failed",
        "its process ended before it was done: try again.",
    )
    tasks.start_next(tmp_path)
    assert engine.started[4:] == ["e2"]
