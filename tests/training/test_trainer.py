"""A run on disk: stopped or killed anywhere, it ends as the unbroken one."""

import contextlib
import itertools
import json
import os
import time

import numpy as np
import pytest
import torch
from small_models import Stop, as_if_dead, curve, die_at, same_but_for_time

from vae import runs
from vae.data import pixels
from vae.errors import DataError, RunError, TrainingError
from vae.runs import Run
from vae.storage.files import read_arrays, write_arrays
from vae.storage.pictures import to_uint8
from vae.training import recorder
from vae.training.loop import EpochReport, StepReport, TrainState, fit, fixed_indices
from vae.training.metrics import Terms
from vae.training.recorder import History, ReportFile
from vae.training.trainer import train_run

pytestmark = pytest.mark.usefixtures("one_thread")


def test_a_run_from_its_config_alone(tiny, make_config, tmp_path):
    run = runs.create(make_config(epochs=3), tmp_path)
    (run.directory / runs.STATUS_FILE).unlink()
    assert run.status().state == "queued"
    seen: list = []
    train_run(run, seen.append)
    status = run.status()
    assert (status.state, status.epoch, status.epochs, status.error) == ("done", 3, 3, None)
    assert {path.name for path in run.directory.iterdir()} == {
        "config.json",
        "status.json",
        "metrics.jsonl",
        "model.safetensors",
        "resume.safetensors",
        "codes.safetensors",
        "pictures.safetensors",
    }
    unbroken = list(fit(run.config, tiny))
    assert curve(seen) == curve(unbroken)
    epochs = [r for r in unbroken if isinstance(r, EpochReport)]
    for line, report in zip(run.epochs(), epochs, strict=True):
        assert line["train"] == report.train._asdict()
        assert line["test"] == report.test._asdict()
    codes, pictures = run.codes(), run.pictures()
    assert codes["mu"].shape == codes["logvar"].shape == (30, 2)
    assert codes["label"].tolist() == tiny.test.labels.tolist()
    assert codes["epochs"].tolist() == pictures["epochs"].tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(codes["history"][-1], codes["mu"], rtol=1e-2, atol=1e-3)
    np.testing.assert_allclose(codes["mu"], epochs[-1].codes.mu, rtol=1e-5, atol=1e-6)
    for name in ("train_recon", "test_recon", "samples"):
        assert pictures[name].shape == (4, 10, 1, 6, 6)
        assert np.array_equal(pictures[name][2], getattr(epochs[1].pictures, name))
    # What it was before training is kept as well.
    model, test = TrainState(run.config).model.eval(), tiny.test
    fixed = test[fixed_indices(test.labels)]
    untrained = model.reconstruct(pixels(fixed.images), fixed.labels).detach()
    assert np.array_equal(pictures["test_recon"][0], to_uint8(untrained))
    mu = model.encode(pixels(test.images))[0].detach().numpy()
    np.testing.assert_allclose(codes["history"][0], mu, rtol=1e-2, atol=1e-3)


def test_a_finished_run_is_left_as_it_is(trained):
    before = {path: path.read_bytes() for path in trained.directory.iterdir()}
    train_run(trained, lambda report: pytest.fail("it trained"))
    assert {path: path.read_bytes() for path in trained.directory.iterdir()} == before


@pytest.mark.parametrize("epoch", [1, 3])
@pytest.mark.parametrize("kind", [StepReport, EpochReport])
def test_stopped_anywhere_a_run_ends_as_the_unbroken_one(
    tiny, make_config, tmp_path, trained_five, epoch, kind
):
    run = runs.create(make_config(epochs=5), tmp_path / "b")
    with pytest.raises(Stop):
        train_run(run, die_at(epoch, kind))
    as_if_dead(run)
    assert run.status().state == "interrupted"
    train_run(run)
    assert run.status().state == "done"
    same_but_for_time(run, trained_five)


@pytest.fixture
def trained_five(tiny, make_config, tmp_path):
    run = runs.create(make_config(epochs=5), tmp_path / "a")
    train_run(run)
    return run


WRITES = 2 + 2 * 6 + 2
"""Moments at which a run of two epochs can be killed: claim, the untrained model shown, six files
each epoch, the last codes, "done". (A window of steps may be one more.)"""


@pytest.mark.parametrize("share", [1.0, 0.99, 0.5])
@pytest.mark.parametrize("epoch", [1, 2])
def test_killed_in_a_line_a_run_ends_as_the_unbroken_one(
    tiny, make_config, tmp_path, monkeypatch, epoch, share
):
    whole = runs.create(make_config(epochs=2), tmp_path / "a")
    train_run(whole)
    run = runs.create(make_config(epochs=2), tmp_path / "b")
    append = recorder.append

    def append_a_part(path, content, *, flush):
        if f'"epoch": {epoch}'.encode() in content and flush:
            append(path, content[: int(share * len(content))], flush=flush)
            raise Stop
        append(path, content, flush=flush)

    with monkeypatch.context() as patch:
        patch.setattr(recorder, "append", append_a_part)
        with pytest.raises(Stop):
            train_run(run)
    as_if_dead(run)
    assert len(run.epochs()) == epoch - (share < 1)
    train_run(run)
    same_but_for_time(run, whole)


def test_a_report_costs_the_same_after_many(trained, monkeypatch):
    path = trained.directory / "metrics.jsonl"
    path.write_bytes(path.read_bytes() * 1000)
    before = path.stat()
    reports = ReportFile(trained, 3)
    monkeypatch.setattr(recorder, "write_atomic", None)
    report = StepReport(4, 1, 4, 1.0, Terms(3.0, 2.0, 1.0))
    reports.add(report)
    after = path.stat()
    assert after.st_ino == before.st_ino
    assert 0 < after.st_size - before.st_size < 300
    assert trained.metrics()[-1]["epoch"] == 4


@pytest.mark.parametrize("after", range(1, WRITES + 3))
def test_killed_after_any_write_a_run_ends_as_the_unbroken_one(
    tiny, make_config, tmp_path, monkeypatch, after
):
    whole = runs.create(make_config(epochs=2), tmp_path / "a")
    train_run(whole)
    run = runs.create(make_config(epochs=2), tmp_path / "b")
    count = itertools.count(1)

    def and_die(write):
        def write_and_die(*args, **options):
            write(*args, **options)
            if next(count) == after:
                raise Stop

        return write_and_die

    with monkeypatch.context() as patch:
        patch.setattr("vae.storage.files.os.replace", and_die(os.replace))
        patch.setattr(recorder, "append", and_die(recorder.append))
        with contextlib.suppress(Stop):
            train_run(run)
    epochs_safe = 0
    if (run.directory / "resume.safetensors").exists():
        epochs_safe = int(read_arrays(run.directory / "resume.safetensors")[0]["epoch"])
    if run.status().state != "done":
        as_if_dead(run)
    done = {line["epoch"] for line in run.epochs()}
    assert len(done) - epochs_safe <= 1 or run.status().state == "done"
    seen: list = []
    train_run(run, seen.append)
    assert all(report.epoch > epochs_safe for report in seen)
    same_but_for_time(run, whole)


def test_interrupted_by_the_keyboard_a_run_says_so_and_goes_on(
    tiny, make_config, tmp_path, trained_five
):
    run = runs.create(make_config(epochs=5), tmp_path / "b")

    def interrupt(report):
        if report.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_run(run, interrupt)
    saved = json.loads((run.directory / "status.json").read_text())
    assert saved["state"] == "interrupted"
    train_run(run)
    same_but_for_time(run, trained_five)


def test_a_loss_that_is_not_finite_fails_the_run_in_words(tiny, make_config, tmp_path):
    run = runs.create(make_config(lr=1, beta=1000, epochs=400, hidden=(64, 64)), tmp_path)
    with pytest.raises(TrainingError, match=r"epoch \d+.*lower learning rate than 1\.") as error:
        train_run(run)
    status = run.status()
    assert status.state == "failed"
    assert status.error == str(error.value)
    assert f"epoch {status.epoch + 1}:" in status.error


@pytest.mark.parametrize(
    ("error", "raised", "words"),
    [
        (OSError(28, "No space left on device"), RunError, "No space left"),
        (RuntimeError("CUDA out of memory. Tried 9 GiB"), RunError, "smaller batch"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), RunError, "smaller batch"),
        (MemoryError(), RunError, "smaller batch"),
        (RuntimeError("device lost"), RuntimeError, "device lost"),
        (ValueError("odd"), ValueError, "odd"),
    ],
)
def test_whatever_stops_a_run_stands_in_its_status(
    tiny, make_config, tmp_path, error, raised, words
):
    def fail(report):
        raise error

    run = runs.create(make_config(), tmp_path)
    with pytest.raises(raised, match=words):
        train_run(run, fail)
    assert run.status().state == "failed"
    assert words in run.status().error
    train_run(run)
    assert run.status().state == "done"


def test_a_status_that_cannot_be_written_hides_no_error(tiny, make_config, tmp_path, monkeypatch):
    run = runs.create(make_config(), tmp_path)

    def full(*args):
        raise OSError(28, "No space left on device")

    def on_report(report):
        monkeypatch.setattr("vae.storage.files.os.replace", full)

    with pytest.raises(RunError, match="No space left"):
        train_run(run, on_report)


def test_a_run_whose_data_set_is_not_there_fails_in_words(make_config, tmp_path):
    run = runs.create(make_config(dataset="nosuch"), tmp_path)
    with pytest.raises(DataError):
        train_run(run)
    assert "nosuch" in run.status().error


@pytest.fixture
def half_done(tiny, make_config, tmp_path):
    """A run that was stopped in its third epoch."""
    run = runs.create(make_config(epochs=5), tmp_path / "half")
    with pytest.raises(Stop):
        train_run(run, die_at(3, StepReport))
    as_if_dead(run)
    return run


@pytest.mark.parametrize(
    "name", ["resume.safetensors", "pictures.safetensors", "codes.safetensors"]
)
@pytest.mark.parametrize("length", [0, 7, 100, -1])
def test_a_damaged_file_is_named_when_a_run_goes_on(half_done, name, length):
    path = half_done.directory / name
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(RunError, match=name):
        train_run(half_done)
    assert half_done.status().state == "failed"


@pytest.mark.parametrize(
    ("name", "lost", "words"),
    [
        ("pictures.safetensors", ["epochs"], "pictures.safetensors is damaged"),
        ("codes.safetensors", ["epochs"], "codes.safetensors is damaged"),
        ("codes.safetensors", ["epochs", "history"], "not whole"),
    ],
)
def test_a_file_that_lacks_what_is_kept_by_epoch_is_refused(half_done, name, lost, words):
    path = half_done.directory / name
    arrays = read_arrays(path)[0]
    write_arrays(path, {key: array for key, array in arrays.items() if key not in lost})
    with pytest.raises(RunError, match=words):
        train_run(half_done)


def test_a_resume_file_of_another_model_is_refused(half_done, make_config):
    config = make_config(epochs=5, hidden=(9,))
    (half_done.directory / "config.json").write_text(config.to_json())
    with pytest.raises(RunError, match="does not fit"):
        train_run(half_done)


def test_history_is_thinned_and_keeps_its_ends(monkeypatch):
    monkeypatch.setattr(recorder, "HISTORY_BYTES", 2000)
    history = History()
    for epoch in range(1, 101):
        history.add(epoch, {"a": np.full((10, 10), epoch % 256, np.uint8)})
        assert sum(array.nbytes for array in history.arrays.values()) <= 2000
        assert history.arrays["epochs"][0] == 1
        assert history.arrays["epochs"][-1] == epoch
    epochs = history.arrays["epochs"]
    assert np.all(np.diff(epochs) > 0)
    assert np.array_equal(history.arrays["a"][:, 0, 0], epochs)
    history.cut(int(epochs[2]))
    assert history.arrays["epochs"].tolist() == epochs[:3].tolist()
    History().cut(3)


def test_codes_by_epoch_stay_finite_in_half_precision():
    assert np.isfinite(recorder._half(torch.tensor([1e9, -1e9, 0.5]))).all()


def test_killed_in_an_epoch_a_process_goes_on_as_if_unbroken(spawn, cli_process, tmp_path):
    """The real thing: SIGKILL to `python -m vae train`, then `resume` at once."""
    settings = ("--dataset", "digits", "--epochs", 4, "--batch-size", 1, "--hidden", "96,48")
    process = spawn("train", *settings, "--name", "killed", "--samples", 2, "--device", "cpu")
    run = Run(tmp_path / "checkpoints" / "killed")
    while process.poll() is None:
        lines = run.metrics()
        if lines and lines[-1]["kind"] == "step" and lines[-1]["epoch"] >= 2:
            assert run.status().state == "running"
            process.kill()
            break
        time.sleep(0.01)
    assert process.poll() is None or process.returncode == -9, process.communicate()
    process.wait()
    assert json.loads((run.directory / "status.json").read_text())["state"] == "running"
    assert run.status().state == "interrupted"
    kept = run.status().epoch
    assert 1 <= kept < 4
    before = run.epochs()

    answer = cli_process("resume", "killed", "--json")
    assert answer.code == 0, answer
    assert answer.json["state"] == "done"
    assert run.status().state == "done"

    other = runs.create(run.config.model_copy(update={"name": "whole"}), tmp_path / "other")
    train_run(other)
    same_but_for_time(run, other)
    assert run.epochs()[:kept] == before[:kept]
    assert not list(run.directory.glob(".*.tmp"))
