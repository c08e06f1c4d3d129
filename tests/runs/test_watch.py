"""Who watches is told what is new, and only so often as leaves room for trainings."""

import os
import time
from pathlib import Path

import pytest

from vae.people.classroom import CLASS_FILE
from vae.runs import Status, queue, tasks, watch
from vae.runs.processes import identify
from vae.runs.watch import Watcher, digest


@pytest.mark.parametrize(
    ("topic", "file"),
    [
        ("run:one", "one/status.json"),
        ("run:one", "one/metrics.jsonl"),
        ("run:one", "one/live.safetensors"),
        ("run:one", "one/stop"),
        ("queue", "one/status.json"),
        ("queue", "two/status.json"),
        ("study:beta", "studies/beta/study.json"),
        ("study:beta", "studies/beta/records.jsonl"),
        ("work", ".cache/work/key.progress"),
        ("class", CLASS_FILE),
    ],
)
def test_a_digest_changes_with_what_it_is_about_only(tmp_path, topic, file):
    before, other = digest(tmp_path, [topic]), digest(tmp_path, ["run:three"])
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    assert digest(tmp_path, [topic]) != before
    assert digest(tmp_path, ["run:three"]) == other


@pytest.mark.parametrize("topic", ["run:../x", "study:/etc", "run:.half", "run:a\0b", "what", ""])
def test_nothing_ever_changes_about_what_is_no_topic(tmp_path, topic):
    before = digest(tmp_path / "runs", [topic])
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "status.json").write_text("{}")
    assert digest(tmp_path / "runs", [topic]) == before


def test_the_death_of_a_process_and_a_stop_that_is_overdue_are_news(tmp_path, monkeypatch):
    folder = tmp_path / "one"
    folder.mkdir()
    status = Status(state="running", **identify(os.getpid()).model_dump())
    (folder / "status.json").write_text(status.model_dump_json())
    alive = digest(tmp_path, ["queue"])
    monkeypatch.setattr(watch.workers.backend, "is_alive", lambda process: False)
    assert digest(tmp_path, ["queue"]) != alive
    (folder / "stop").touch()
    asked = digest(tmp_path, ["run:one"])
    monkeypatch.setattr(queue, "STOP_PATIENCE_S", -1.0)
    assert digest(tmp_path, ["run:one"]) != asked


class Clock:
    """A watcher that looks when it is told to."""

    def __init__(self, root: Path, count: int) -> None:
        self.told = [0] * count
        self.watcher = Watcher()
        self.watcher._is_looking = True  # no thread
        self.root, self.now = root, time.monotonic()
        for k in range(count):
            self.watcher.watch(root, ["run:one"], lambda k=k: self.add(k))

    def add(self, k: int) -> None:
        self.told[k] += 1

    def pass_by(self, seconds: float) -> None:
        for _ in range(round(seconds / watch.LOOK_S)):
            self.now += watch.LOOK_S
            path = self.root / "one" / "metrics.jsonl"
            path.write_text(f"{self.now}")
            os.utime(path, ns=(0, int(self.now * 1e9)))
            self.watcher.look_once(list(self.watcher._watches), self.now)


@pytest.fixture
def quiet(monkeypatch, tmp_path):
    (tmp_path / "one").mkdir()
    for module in (queue, tasks):
        monkeypatch.setattr(module, "start_next", lambda root: None)


def test_one_who_watches_is_told_once_a_second_and_more_often_at_first(tmp_path, quiet):
    clock = Clock(tmp_path, 1)
    clock.pass_by(watch.QUICK_FOR_S)
    assert clock.told[0] >= 2 * watch.QUICK_FOR_S
    clock.pass_by(2.0)
    before = clock.told[0]
    clock.pass_by(10.0)
    assert 9 <= clock.told[0] - before <= 11


def test_a_class_that_watches_shares_what_the_machine_can_bear(tmp_path, quiet):
    clock = Clock(tmp_path, 30)
    clock.pass_by(30.0)
    clock.told = [0] * 30
    clock.pass_by(30.0)
    assert sum(clock.told) <= 30 * watch.A_SECOND + 2 * watch.A_SECOND
    assert max(clock.told) - min(clock.told) <= 1, "nobody is forgotten"
    assert min(clock.told) >= 6


def test_where_nothing_changes_nobody_is_told(tmp_path, quiet):
    clock = Clock(tmp_path, 3)
    for _ in range(40):
        clock.now += watch.LOOK_S
        clock.watcher.look_once(list(clock.watcher._watches), clock.now)
    assert clock.told == [0, 0, 0]


def test_what_changed_before_it_was_watched_is_told(tmp_path, quiet):
    told = []
    watcher = Watcher()
    watcher._is_looking = True
    known = digest(tmp_path, ["run:one"])
    (tmp_path / "one" / "status.json").write_text("{}")
    watcher.watch(tmp_path, ["run:one"], lambda: told.append(1), known)
    watcher.look_once(list(watcher._watches), time.monotonic())
    assert told == [1]


def test_the_thread_tells_and_ends_with_the_last_who_watches(tmp_path, quiet, monkeypatch):
    told = []
    watcher = Watcher()
    end = watcher.watch(tmp_path, ["run:one"], lambda: told.append(1))
    (tmp_path / "one" / "status.json").write_text("{}")
    until = time.monotonic() + 60
    while not told and time.monotonic() < until:
        time.sleep(0.02)
    assert told == [1]
    end()
    while watcher._is_looking and time.monotonic() < until:
        time.sleep(0.02)
    assert not watcher._is_looking
