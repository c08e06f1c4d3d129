"""A training rests while a page answers, and no longer than half of the time."""

import os
from pathlib import Path

import pytest

from vae.runs.pauses import ANSWER_S, FILE, PauseForPages, mark_page_active


class Clock:
    """A time that only sleeping and working move."""

    def __init__(self) -> None:
        self.now, self.slept = 1_000_000.0, 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _ask(root: Path, at: float) -> None:
    (root / FILE).touch()
    os.utime(root / FILE, (at, at))


def test_it_rests_until_the_answer_is_over(tmp_path, clock):
    pause = PauseForPages(tmp_path, clock, clock.sleep)
    _ask(tmp_path, clock.now - 0.05)
    pause()
    assert clock.slept == pytest.approx(ANSWER_S - 0.05, abs=1e-3)
    pause()
    assert clock.slept == pytest.approx(ANSWER_S - 0.05, abs=1e-3), "one question, one rest"


def test_questions_without_end_take_half_of_the_time(tmp_path, clock):
    pause = PauseForPages(tmp_path, clock, clock.sleep)
    began = clock.now
    while clock.now - began < 60:
        _ask(tmp_path, clock.now)
        pause()
        clock.now += 0.01  # a step
    assert 0.4 < clock.slept / (clock.now - began) < 0.52


@pytest.mark.parametrize("asked", [None, -3600.0, 3600.0])
def test_it_never_rests_where_nobody_asks_or_the_clock_was_set(tmp_path, clock, asked):
    for folder in (tmp_path, tmp_path / "nowhere"):
        pause = PauseForPages(folder, clock, clock.sleep)
        if asked is not None:
            _ask(tmp_path, clock.now + asked)
        for _ in range(10):
            pause()
    assert clock.slept == 0


def test_a_training_rests_when_a_page_has_said_so(tmp_path):
    slept: list[float] = []
    pause = PauseForPages(tmp_path, sleep=slept.append)
    pause()
    assert not slept
    assert not (tmp_path / FILE).exists(), "a training alone leaves nothing behind"
    mark_page_active(tmp_path)
    pause()
    assert 0 < slept[0] <= ANSWER_S
    os.utime(tmp_path / FILE, (0, 0))
    mark_page_active(tmp_path)
    assert (tmp_path / FILE).stat().st_mtime > 1_000_000


def test_a_page_without_runs_makes_no_folder(tmp_path):
    mark_page_active(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
