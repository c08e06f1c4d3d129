"""Studies in processes of their own: started, stopped, taken up again, and each refusal."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import plotly.graph_objects as go
import plotly.io
import psutil
import pytest

from vae import runs
from vae.errors import RunError
from vae.runs import LOG_FILE, STOP_FILE, Status, queue, workers
from vae.runs.processes import identify, is_alive
from vae.studies import STUDIES
from vae.studies.engine import background, runner, state
from vae.studies.engine import folder as folder_of
from vae.studies.engine.base import configs

STUDY = STUDIES["latent-size"]
WAIT_S = 120.0


def settings(**given):
    return STUDY.settings(
        **{"dataset": "digits", "epochs": 1, "seeds": 1, "values": (1.0, 2.0), **given}
    )


@pytest.fixture
def root(tmp_path):
    """A folder of runs; whatever studies do in it ends with the test."""
    folder = tmp_path / "runs"
    folder.mkdir()
    yield folder
    for result in background.own_folders(folder):
        now = state.read(result)
        if now is not None and now.pid != os.getpid():
            background.force_stop(result, folder)


def wait_for(folder, is_there):
    stop_at = time.monotonic() + WAIT_S
    while True:
        now = state.read(folder)
        if now is not None and is_there(now):
            return now
        assert time.monotonic() < stop_at, (now, (folder / LOG_FILE).read_text())
        time.sleep(0.05)


def put(folder, **changed):
    """Write a study's state, running in this process unless asked otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    now = state.begun(settings()).model_copy(update=changed)
    state.write(folder, now)
    return now


def stand_in(monkeypatch, code):
    """Start a process of that code in the place of a study; return what studies were asked."""
    asked: list[list[str]] = []

    def start(command):
        asked.append(list(command.arguments))
        with command.log.open("wb") as log:
            child = subprocess.Popen([sys.executable, "-c", code], stdout=log, stderr=log)
        started.append(child)
        return identify(child.pid)

    started: list[subprocess.Popen[bytes]] = []
    monkeypatch.setattr(workers.backend, "start", start)
    return asked


@pytest.mark.slow
def test_a_study_is_stopped_and_goes_on(root):
    folder = background.start(settings(epochs=5000, values=(2.0,)), root)
    assert folder == state.default_folder(settings(epochs=5000, values=(2.0,)), root)
    first = wait_for(folder, lambda now: now.epochs_done >= 1)
    assert first.state == "running"
    assert first.pid != os.getpid()
    background.stop(folder)
    stopped = wait_for(folder, lambda now: now.state != "running")
    assert stopped.state == "stopped"
    assert "kept" in background.why_it_ended(folder, stopped)
    (run,) = runs.list_runs(root)
    reached = run.status().epoch
    assert run.status().state == "cancelled"
    assert reached >= 1

    background.start(stopped.settings, root, folder)
    wait_for(folder, lambda now: now.epochs_done > reached)
    background.stop(folder)
    assert wait_for(folder, lambda now: now.state != "running").state == "stopped"
    assert [one.name for one in runs.list_runs(root)] == [run.name]
    assert run.status().epoch >= reached
    # Asked in the moment of the start, before the process has come to look.
    background.start(stopped.settings, root, folder)
    background.stop(folder)
    assert wait_for(folder, lambda now: now.state != "running").state == "stopped"
    assert queue.stop_asked(folder) is None


def test_the_process_is_told_the_same_settings(root, monkeypatch):
    asked = stand_in(monkeypatch, "import time; time.sleep(60)")
    wanted = settings(values=(0.1, 1 / 3, 128.0), epochs=7, seeds=2)
    monkeypatch.chdir(root.parent)
    folder = background.start(wanted, Path("runs"))
    now = state.read(folder)
    assert (now.state, now.settings) == ("running", wanted)
    assert background.running(root)[0].resolve() == folder.resolve()
    (arguments,) = asked
    assert arguments[:3] == ["vae", "study", "latent-size"]
    given = dict(zip(arguments[3::2], arguments[4::2], strict=False))
    assert (given["--dataset"], given["--epochs"], given["--seeds"]) == ("digits", "7", "2")
    values = next(text for text in arguments if text.startswith("--values="))
    assert tuple(map(float, values.partition("=")[2].split(","))) == wanted.values
    assert "--samples" not in given
    with_samples = wanted.model_copy(update={"study": "growth", "values": None, "samples": 5})
    more = with_samples.arguments()
    assert more[more.index("--samples") + 1] == "5"
    # From another folder of work they mean the same places.
    assert arguments[-3:] == [str(folder.resolve()), "--runs", str(root)]


def test_only_one_study_runs_at_a_time(root, monkeypatch):
    asked = stand_in(monkeypatch, "")
    put(root / state.COLLECTION / "other")
    with pytest.raises(RunError, match=r"latent-size is running.*wait until it is done, or stop"):
        background.start(settings(), root)
    assert not asked
    put(root / state.COLLECTION / "other", state="done")
    background.start(settings(), root)
    assert len(asked) == 1


def test_what_cannot_be_started_is_a_sentence(root, monkeypatch):
    def refuse(*args):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(workers.backend, "start", refuse)
    with pytest.raises(RunError, match=r"cannot start a study.*Cannot allocate memory"):
        background.start(settings(), root)
    assert background.running(root) is None
    (root.parent / "file").write_text("")
    with pytest.raises(RunError, match="cannot start a study in"):
        background.start(settings(), root.parent / "file")
    with pytest.raises(RunError, match="cannot write"):
        background.stop(root / "nowhere")


def test_a_process_that_ends_before_it_begins_says_why(root, monkeypatch):
    stand_in(monkeypatch, "print('no room on the `disk`')")
    folder = background.start(settings(), root)
    now = wait_for(folder, lambda now: now.state == "interrupted")
    why = background.why_it_ended(folder, now)
    assert "before it began" in why
    assert "`no room on the 'disk'`" in why
    assert background.running(root) is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"state": "failed", "error": "no weights."}, "Failed: no weights."),
        ({"state": "stopped"}, "kept"),
        ({"state": "new"}, "Not started"),
        ({"state": "interrupted"}, "before the last run was measured"),
        ({"state": "done"}, ""),
        ({"state": "running"}, ""),
    ],
)
def test_why_a_study_is_not_at_its_end(root, changed, words):
    why = background.why_it_ended(root / "x", put(root / "x", **changed))
    assert words in why
    assert bool(words) == bool(why)


def test_a_study_that_does_not_stop_is_ended_by_force(root):
    sleep = "import time; time.sleep(300)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {sleep!r}])"
    parent = subprocess.Popen([sys.executable, "-c", code])
    try:
        process = psutil.Process(parent.pid)
        stop_at = time.monotonic() + WAIT_S
        while not process.children():
            assert time.monotonic() < stop_at
            time.sleep(0.02)
        (child,) = process.children()
        started = identify(child.pid)
        now = put(root / "x", **identify(parent.pid).model_dump())
        # Of a number that another process has by now, nothing is ended.
        put(root / "x", pid=parent.pid, pid_started=0.0)
        background.force_stop(root / "x", root)
        assert parent.poll() is None
        state.write(root / "x", now)
        background.force_stop(root / "x", root)
        assert state.read(root / "x").state == "interrupted"
        while is_alive(started):
            assert time.monotonic() < stop_at
            time.sleep(0.02)
    finally:
        parent.kill()
        parent.wait()


def test_an_old_wish_to_stop_is_forgotten_and_a_new_one_is_not(tmp_path):
    path = tmp_path / STOP_FILE
    runner._forget_stop(path, time.time())
    path.touch()
    runner._forget_stop(path, time.time())
    assert path.exists()
    os.utime(path, (1, 1))
    runner._forget_stop(path, time.time())
    assert not path.exists()


def test_drawing_that_hangs_is_ended(tmp_path, monkeypatch):
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])

    def hang(*args, **more):
        subprocess.run([sys.executable, "-c", "import time; time.sleep(300)"], check=True)

    monkeypatch.setattr(plotly.io, "write_images", hang)
    monkeypatch.setattr(folder_of, "_DRAW_S", 0.5)
    try:
        assert not folder_of._draw(tmp_path, {"one": go.Figure()})
        # What was there before is nobody's browser.
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def finish(root, wanted, seconds, count):
    """Leave the first runs of a study as if they had been trained, one epoch in so long."""
    for _, _, config in configs(STUDY, wanted)[:count]:
        run = runs.create(config, root)
        epochs = config.train.epochs
        terms = {"loss": 1.0, "recon_loss": 1.0}
        report = {"kind": "epoch", "steps_per_epoch": 1, "train": terms, "test": terms}
        lines = [
            json.dumps({**report, "epoch": epoch, "seconds": seconds * epoch})
            for epoch in range(1, epochs + 1)
        ]
        (run.directory / runs.METRICS_FILE).write_text("\n".join(lines))
        run.write_status(Status(state="done", epoch=epochs, epochs=epochs))


def test_outlook_counts_what_is_there_and_times_the_rest(root, monkeypatch):
    monkeypatch.setattr(background, "at_once", lambda: 2)
    wanted = settings(epochs=10, values=(1.0, 2.0, 3.0, 5.0, 8.0))
    assert background.outlook(STUDY, wanted, root) == (5, 0, None)
    finish(root, wanted, seconds=30.0, count=1)
    # Four runs of ten epochs of 30 s and a start each, two at a time.
    each = 10 * 30.0 + background.OVERHEAD_S
    assert background.outlook(STUDY, wanted, root) == (5, 1, pytest.approx(2 * each))
    finish(root, settings(epochs=10, values=(2.0, 3.0, 5.0)), seconds=30.0, count=3)
    # One that is left takes as long as it takes.
    assert background.outlook(STUDY, wanted, root) == (5, 4, pytest.approx(each))
    finish(root, settings(epochs=10, values=(8.0,)), seconds=30.0, count=1)
    assert background.outlook(STUDY, wanted, root) == (5, 5, 0.0)
    # Runs of other images tell nothing of these.
    other = STUDY.settings(dataset="mnist", epochs=10, seeds=1)
    assert background.outlook(STUDY, other, root).seconds is None
