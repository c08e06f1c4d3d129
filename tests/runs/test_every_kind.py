"""Every kind of process behind the pages: seen from elsewhere, stopped, forced, killed, failed."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from commands import process_env
from family_runs import make_family_run
from waiting import wait

from vae import runs
from vae.analysis.embeddings import background as embeddings
from vae.analysis.embeddings.settings import make
from vae.config import RunConfig
from vae.measures import background as measures
from vae.runs import Run, queue, tasks, workers
from vae.runs.files import LOG_FILE, MODEL_FILE
from vae.runs.processes import ProcessId
from vae.studies import STUDIES
from vae.studies.engine import background as studies
from vae.studies.engine import state

LONG = 5_000
"""Epochs, points or samples that no test waits for."""
NONE = ProcessId()


class Kind:
    """A kind of work under a folder of runs: how its pages begin it, what of it fails and why,
    its state and process, and how it is stopped and ended by force."""

    stopped: tuple[str, ...] = ("none",)
    """How it stands after a stop that it has heard."""

    def __init__(self, root: Path, make_config: Callable[..., RunConfig]) -> None:
        self.root, self.make_config = root, make_config


class Training(Kind):
    stopped = ("cancelled",)
    run: Run

    def start(self, dataset: str = "digits") -> None:
        if not runs.list_runs(self.root):
            shape = {"dataset": dataset, "image_shape": (1, 8, 8), "batch_size": 256}
            self.run = runs.create(self.make_config("one", epochs=LONG, **shape), self.root)
        queue.submit(self.run)

    def start_what_fails(self) -> None:
        self.start("none-such")

    def state(self) -> str:
        return self.run.status().state

    def process(self) -> ProcessId:
        return self.run.status()

    def sentence(self) -> str:
        error = self.run.status().error
        return error or workers.backend.last_words(self.run.directory / LOG_FILE)

    def stop(self) -> None:
        queue.cancel(self.run)

    def force(self) -> None:
        queue.force_stop(self.run)


class Study(Kind):
    stopped = ("stopped",)
    folder: Path

    def start(self, dataset: str = "digits") -> None:
        settings = STUDIES["latent-size"].settings(
            dataset=dataset, epochs=LONG, seeds=1, values=(2.0,)
        )
        self.folder = studies.start(settings, self.root)

    def start_what_fails(self) -> None:
        self.start("mnist")

    def _now(self) -> state.StudyState:
        return state.read(self.folder)

    def state(self) -> str:
        # A process that refuses its settings leaves no state of its own.
        now = self._now()
        return "failed" if now.state == "interrupted" and not now.machine else now.state

    def process(self) -> ProcessId:
        return self._now()

    def sentence(self) -> str:
        return studies.why_it_ended(self.folder, self._now())

    def stop(self) -> None:
        studies.stop(self.folder)

    def force(self) -> None:
        studies.force_stop(self.folder, self.root)


class TaskKind(Kind):
    """What waits in the queue of short work."""

    key: str

    def state(self) -> str:
        return tasks.look(self.root, self.key).state

    def process(self) -> ProcessId:
        return tasks.read(tasks.folder_of(self.root), self.key) or NONE

    def sentence(self) -> str:
        return tasks.look(self.root, self.key).error

    def stop(self) -> None:
        tasks.stop(self.root, self.key)

    force = stop


class AnEmbedding(TaskKind):
    def start(self) -> None:
        self._begin(np.random.default_rng(0).normal(size=(LONG, 20)), LONG)

    def start_what_fails(self) -> None:
        self._begin(np.ones((60, 2)), 30)

    def _begin(self, mu: Any, points: int) -> None:
        directory = self.root / "one"
        directory.mkdir(exist_ok=True)
        wanted = make(method="tsne", points=points, perplexity=5)
        self.key = embeddings.key_of(Run(directory), wanted)
        embeddings.start(Run(directory), wanted, mu)


class Measure(TaskKind):
    samples: int | None = LONG

    def start(self) -> None:
        there = runs.list_runs(self.root)
        run = there[0] if there else make_family_run("vae", self.root, "one")
        self.key = measures._key(run, full=self.samples is not None)
        measures.submit(run, self.samples)

    def start_what_fails(self) -> None:
        run = make_family_run("vae", self.root, "one")
        (run.directory / MODEL_FILE).write_bytes(b"no weights")
        self.start()


class Evaluation(Measure):
    samples = None


KINDS = [Training, Study, AnEmbedding, Measure, Evaluation]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def work(request, tmp_path, make_config, monkeypatch) -> Iterator[Kind]:
    """A kind of work; whatever goes on in its folder ends with the test."""
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path / "data"))
    root = tmp_path / "runs"
    root.mkdir()
    yield request.param(root, make_config)
    for folder in studies.own_folders(root):
        studies.force_stop(folder, root)
    for key in tasks.all_tasks(tasks.folder_of(root)):
        tasks.stop(root, key)
    for run in runs.list_runs(root):
        if run.status().state in ("queued", "running"):
            queue.cancel(run)
            workers.backend.stop(run.status())
    workers.backend.reap()


def seen_elsewhere(root: Path) -> set[int]:
    """Return the processes that another process sees at work on anything under ``root``."""
    code = f"""
from pathlib import Path
from vae import runs
from vae.runs import tasks
from vae.studies.engine import background
root = Path({str(root)!r})
found = [run.status() for run in runs.list_runs(root)]
found += filter(tasks._is_at_work, tasks.all_tasks(tasks.folder_of(root)).values())
found += (background.running(root) or [])[1:]
print(*[one.pid for one in found if one.state == "running"])
"""
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, env=process_env(), capture_output=True, text=True, check=True)
    return set(map(int, said.stdout.split()))


def test_it_is_seen_from_elsewhere_killed_begun_again_and_forced(work):
    work.start()
    assert work.state() == "running"
    first = work.process()
    assert first.pid is not None
    # Held where it is, so that nothing ends in between.
    psutil.Process(first.pid).suspend()
    assert first.pid != os.getpid()
    assert first.pid in seen_elsewhere(work.root)

    psutil.Process(first.pid).kill()
    wait(lambda: work.state() != "running")
    assert work.state() in ("interrupted", "failed")
    work.start()
    second = work.process()
    assert work.state() == "running"
    assert second.pid is not None
    assert second.pid != first.pid

    psutil.Process(second.pid).suspend()
    work.stop() if isinstance(work, Training | Study) else None
    assert work.state() == "running", "it hears nothing"
    work.force()
    assert not workers.backend.is_alive(second)
    assert work.state() not in ("running", "queued")


def test_it_stops_when_asked(work):
    work.start()
    process = work.process()
    work.stop()  # Before the process has begun.
    wait(lambda: work.state() in work.stopped)
    wait(lambda: not workers.backend.is_alive(process))


def test_it_says_in_a_sentence_why_it_failed(work):
    work.start_what_fails()
    wait(lambda: work.state() == "failed")
    said = work.sentence()
    assert len(said) > 20
    assert "\n" not in said
    assert "Traceback" not in said
    wait(lambda: not workers.backend.is_alive(work.process()))
