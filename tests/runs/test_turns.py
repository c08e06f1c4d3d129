"""Who trains next, on an engine that trains nothing: one more class with the calls of a backend."""

import json
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from vae import runs
from vae.people import Person, ask_who
from vae.people.person import digest
from vae.runs import Run, Status, queue, turns, workers
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


def as_person(name: str) -> None:
    ask_who(lambda: Person(digest(name)))


@pytest.fixture(autouse=True)
def nobody():
    yield
    ask_who(lambda: None)


def test_everybodys_first_run_comes_before_anybodys_second(engine, make):
    by_name = {}
    for name in ("ana1", "ana2", "ana3", "ben1", "ben2", "eve1"):
        as_person(name[:3])
        by_name[name] = make(name)
        queue.submit(by_name[name])
    ask_who(lambda: None)
    for _ in range(6):
        engine.finish(by_name[engine.started[-1]])
    assert engine.started == ["ana1", "ben1", "eve1", "ana2", "ben2", "ana3"]


def test_short_runs_come_before_long_ones_which_do_not_wait_for_ever(engine, make, monkeypatch):
    monkeypatch.setattr(
        queue, "_estimate", lambda run: 3000.0 if run.name.startswith("long") else 3.0
    )
    by_name = {name: make(name) for name in ("now", "long", "short1", "short2", "short3")}
    for run in by_name.values():
        queue.submit(run)
    engine.finish(by_name["now"])
    assert engine.started[-1] == "short1"
    monkeypatch.setattr(turns, "PATIENCE_S", 3.0)  # the clock of these tests is beyond it
    engine.finish(by_name["short1"])
    assert engine.started[-1] == "long"


def test_each_sees_a_place_and_the_time_left(engine, make, tmp_path, monkeypatch):
    monkeypatch.setattr(queue, "_estimate", lambda run: 10.0)
    by_name = {name: make(name, epochs=4) for name in "abc"}
    for run in by_name.values():
        queue.submit(run)
    before = turns.waits(tmp_path)
    assert [before[name].place for name in "abc"] == [0, 1, 2]
    assert [before[name].seconds for name in "abc"] == pytest.approx([10.0, 21.0, 32.0])
    # Half of the first is done, and of what is finished here each took twice as long as estimated.
    line = {"kind": "epoch", "epoch": 4, "steps_per_epoch": 1, "seconds": 20.0}
    done = make("done")
    (done.directory / "metrics.jsonl").write_text(json.dumps(line | {"train": {}, "test": {}}))
    done.write_status(Status(state="done", epoch=4, epochs=4, estimate=10.0))
    monkeypatch.setattr(Run, "epochs", lambda run: [line])
    after = turns.waits(tmp_path)
    assert after["b"].seconds == pytest.approx(20.0 + 1.0 + 20.0)


def test_a_long_run_makes_room_at_the_end_of_an_epoch_and_goes_on_later(engine, make, monkeypatch):
    long, short = make("long"), make("short")
    queue.submit(long)
    assert not turns.makes_room(long, long.status()), "nobody waits"
    queue.submit(short)
    old = long.status().model_copy(update={"started_at": time.time() - turns.SLICE_S - 1})
    assert turns.makes_room(long, old)
    assert not turns.makes_room(long, old.model_copy(update={"started_at": time.time()}))
    assert not turns.makes_room(long, old.model_copy(update={"study": "s"}))
    gpu = make("gpu", device="cuda")
    queue.cancel(short)
    gpu.write_status(Status(state="queued", queued_at=1.0))
    assert not turns.makes_room(long, old), "who waits for another device gains nothing"
