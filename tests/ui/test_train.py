"""The Train page without a browser: what is asked for is what is started."""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from driver import fill, open_page, press
from family_runs import create_run

from vae import runs
from vae.locale import spoken
from vae.runs import LOG_FILE, STOP_FILE, Run, Status, processes, queue
from vae.runs.progress import time_left
from vae.training.trainer import train_run
from vae.ui.shared.live_charts import code_option, loss_option
from vae.ui.train import controls

open_train = partial(open_page, "train")


def small_run(tmp_path: Path, name: str = "small", d: int = 2) -> Run:
    return create_run(tmp_path / "runs", name, epochs=2, hidden=(8,), latent_dim=d)


def set_status(run: Run, **values: Any) -> None:
    run.write_status(Status(**{**run.status().model_dump(), **values}))


def test_start_makes_the_run_of_the_preset_and_shows_it(submitted):
    app = open_train()
    assert any("press **Start**" in info.value for info in app.info)
    press(app, "Start")
    (run,) = submitted
    config = run.config
    assert (config.data.dataset, config.model.latent_dim, config.train.epochs) == ("digits", 2, 40)
    assert config.model.image_shape == (1, 8, 8)
    assert app.query_params["run"] == run.name
    assert any(run.name in element.value for element in app.subheader)
    assert any(button.label == "Stop" for button in app.button)


def test_settings_reach_the_config(submitted):
    app = open_train()
    fill(app, "train-", arch="conv")
    assert app.text_input(key="train-hidden").value == "32,64"
    fill(app, "train-", hidden="4, 8", latent_dim=700, beta=4.0, samples=3, seed=7, name="mine")
    press(app, "Start")
    config = submitted[0].config
    assert (config.model.arch, config.model.hidden, config.model.beta) == ("conv", (4, 8), 4.0)
    assert (config.model.latent_dim, config.train.samples, config.train.seed) == (700, 3, 7)
    assert submitted[0].name == "mine"


def test_latent_presets_slider_and_number_agree(submitted):
    app = open_train()
    fill(app, "train-", latent_slider=20)
    assert app.number_input(key="train-latent_dim").value == 20
    fill(app, "train-", latent_dim=33)
    assert app.select_slider(key="train-latent_slider").value == 32
    assert app.number_input(key="train-latent_dim").value == 33


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("hidden", "many", "whole numbers"),
        ("hidden", "", "hidden"),
        ("hidden", "0", "hidden"),
        ("name", "../etc", "cannot name a run"),
        ("lr", 0.0, "lr"),
        ("device", "mps", "no mps device"),
    ],
)
def test_bad_input_is_a_sentence(field, value, words, submitted, tmp_path):
    app = open_train()
    kind = {"lr": app.number_input, "device": app.selectbox}.get(field, app.text_input)
    kind(key=f"train-{field}").set_value(value).run()
    press(app, "Start")
    assert any(words in error.value for error in app.error), [e.value for e in app.error]
    assert not submitted
    assert not runs.list_runs(tmp_path / "runs")


def test_a_name_that_is_taken_is_a_sentence(submitted, tmp_path):
    small_run(tmp_path)
    app = open_train()
    fill(app, "train-", name="small")
    press(app, "Start")
    assert any("already a small" in error.value for error in app.error)


def test_nothing_waits_for_the_images_of_a_data_set(submitted, tmp_path, monkeypatch):
    """A control that has not been sent yet is handed in with its old value at the next click."""
    small_run(tmp_path)
    monkeypatch.setattr(controls, "preview", lambda *args: st.stop())
    app = open_train(run="small")
    fill(app, "train-", epochs=7)
    assert app.number_input(key="train-epochs").value == 7
    assert "small: Digits (8 x 8), 2 dimensions" in [one.value for one in app.subheader]
    assert any(button.label.startswith("**small") for button in app.button)
    press(app, "Start")
    assert submitted[0].config.train.epochs == 7


def test_missing_data_set_disables_start(submitted):
    app = open_train()
    fill(app, "train-", dataset="mnist")
    assert next(button for button in app.button if button.label == "Start").disabled
    assert any("needs the images of MNIST" in caption.value for caption in app.caption)
    assert any("Get MNIST" in button.label for button in app.button)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_finished_run_plays_its_epochs(d, submitted, tmp_path):
    run = small_run(tmp_path, d=d)
    train_run(run)
    app = open_train(run="small")
    slider = app.select_slider(key="epoch-small")
    assert slider.value == 2
    slider.set_value(1).run()
    assert not app.exception
    assert not app.error
    assert len(app.get("echarts_chart")) == (2 if d > 1 else 1)
    assert not any(button.label in ("Stop", "Resume") for button in app.button)


def test_a_failed_run_says_why_and_resumes(submitted, tmp_path):
    run = small_run(tmp_path)
    set_status(run, state="failed", error="the disk is full.")
    app = open_train(run="small")
    assert any("the disk is full" in error.value for error in app.error)
    press(app, "Resume")
    assert [one.name for one in submitted] == ["small"]


def test_a_dead_run_reads_as_interrupted(submitted, tmp_path):
    set_status(small_run(tmp_path), state="running", pid=1, pid_started=1.0)
    app = open_train(run="small")
    assert any(error.value.startswith("Interrupted") for error in app.error)
    assert any(button.label == "Resume" for button in app.button)


def test_a_config_alone_is_not_said_to_wait(submitted, tmp_path):
    small_run(tmp_path)
    app = open_train(run="small")
    assert any("small · not started" in button.label for button in app.button)
    assert not any(button.label == "Stop" for button in app.button)
    press(app, "Train")
    assert [one.name for one in submitted] == ["small"]
    assert any(button.label == "Stop" for button in app.button)


@pytest.mark.parametrize(
    ("status", "log", "words"),
    [
        (
            {"state": "running", "pid": 1, "pid_started": 1.0, "queued_at": 1.0},
            "ImportError: no module called `torch` $x$ **bold** <b> :material/check:",
            "its process ended before the training began. The last line of its log.txt: "
            "`ImportError: no module called 'torch' $x$ **bold** <b> :material/check:`",
        ),
        (
            {"state": "running", "pid": 1, "pid_started": 1.0},
            "# started 2025-01-01 00:00:00",
            "before the last epoch. Resume goes on from the last whole one.",
        ),
        (
            {"state": "failed", "error": "the disk is full."},
            "Error: the disk is full.",
            "Failed: the disk is full.",
        ),
        (
            {"state": "failed", "error": "the training failed: 1"},
            "x" * 500,
            f"log.txt: `{'x' * 198} …`",
        ),
        ({"state": "cancelled"}, "words", None),
    ],
)
def test_why_a_run_has_ended(status, log, words, submitted, tmp_path):
    run = small_run(tmp_path)
    set_status(run, **status)
    (run.directory / LOG_FILE).write_text(f"an older line\n{log}\n")
    errors = [error.value for error in open_train(run="small").error]
    assert [error.endswith(words or "") for error in errors] == ([] if words is None else [True])


def test_a_damaged_status_is_said(submitted, tmp_path):
    (small_run(tmp_path).directory / "status.json").write_bytes(b"{")
    app = open_train(run="small")
    assert any("status.json cannot be read" in error.value for error in app.error)
    assert any(button.label == "Resume" for button in app.button)


@pytest.fixture
def hanging(submitted, tmp_path) -> Iterator[tuple[Run, Any]]:
    """A run whose process is alive and hears nothing."""
    run = small_run(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        started = processes.process_started(process.pid)
        set_status(run, state="running", epochs=2, pid=process.pid, pid_started=started)
        yield run, process
        process.kill()


def test_stop_is_asked_first_and_forced_later(hanging):
    run, process = hanging
    app = open_train(run="small")
    press(app, "Stop")
    stop_file = run.directory / STOP_FILE
    assert stop_file.exists()
    labels = [button.label for button in app.button]
    assert "Stopping …" in labels
    assert not {"Stop", "Force stop"} & set(labels)
    os.utime(stop_file, (1, 1))
    app.run()
    assert any("has not reacted to Stop for 20 s" in warning.value for warning in app.warning)
    assert process.poll() is None
    press(app, "Force stop")
    assert run.status().state == "interrupted"
    process.wait(10)
    assert any("did not react to Stop" in error.value for error in app.error)
    assert any(button.label == "Resume" for button in app.button)


def test_a_waiting_run_says_its_place(hanging, tmp_path):
    set_status(small_run(tmp_path, "later"), state="queued", queued_at=1.0)
    app = open_train(run="later")
    (bar,) = app.get("progress")
    assert "waiting, place 1 in the queue" in bar.proto.text
    assert not app.warning
    os.utime(hanging[0].directory / "status.json", (1, 1))
    app.run()
    assert any("small has reported nothing for" in warning.value for warning in app.warning)


def test_rename_and_delete(submitted, tmp_path):
    set_status(small_run(tmp_path), state="cancelled")
    app = open_train(run="small")
    app.text_input(key="new-name-small").set_value("no/name").run()
    press(app, "Rename it")
    assert any("cannot name a run" in error.value for error in app.error)
    app.text_input(key="new-name-small").set_value("other").run()
    press(app, "Rename it")
    assert app.query_params["run"] == "other"
    press(app, "Delete it")
    assert not runs.list_runs(tmp_path / "runs")
    assert "run" not in app.query_params


def test_stop_takes_a_waiting_run_out_of_the_queue(submitted, tmp_path, monkeypatch):
    run = small_run(tmp_path)
    set_status(run, state="queued", queued_at=1.0)
    monkeypatch.setattr(queue, "cancel", lambda run: set_status(run, state="cancelled"))
    press(open_train(run="small"), "Stop")
    assert run.status().state == "cancelled"


def test_shipped_runs_are_looked_at_only(tmp_path, monkeypatch, submitted):
    monkeypatch.delenv("VAE_RUNS_DIR")
    app = open_train(run="mnist-vae-2d")
    assert not app.error
    assert app.select_slider(key="epoch-mnist-vae-2d").value == 50
    labels = {button.label for button in app.button}
    assert not labels & {"Stop", "Resume", "Rename it", "Delete it"}


def test_time_left_in_words():
    assert time_left(0.2) == "about 1 s left"
    assert time_left(600) == "about 10 min left"
    assert time_left(7200) == "about 2.0 h left"


def test_the_parts_of_the_loss_stand_upon_one_another():
    at = np.array([0.5, 1.0, 1.5, 2.0])
    terms = np.array([[9.0, 1.0], [6.0, 2.0], [5.0, 2.0], [4.0, 2.5]])
    test_at, test = np.array([1.0, 2.0]), np.array([8.5, 7.0])
    option = loss_option(at, terms, test_at, test, ("Reconstruction", "KL"), 4.0)
    first, second, total = option["series"]
    assert (first["name"], second["name"]) == ("Reconstruction", "KL")
    assert first["stack"] == second["stack"]
    assert "stack" not in total
    assert second["data"] == [[0.5, 1], [1, 2], [1.5, 2], [2, 2.5]]
    assert total["data"] == [[1, 8.5], [2, 7]]
    assert (option["xAxis"]["min"], option["xAxis"]["max"]) == (0, 4)
    assert option["yAxis"]["min"] == 0
    empty = loss_option(at[:0], terms[:0], at[:0], test[:0], ("Reconstruction", "KL"), 4.0)
    assert all(series["data"] == [] for series in empty["series"])


def test_the_first_steps_do_not_press_all_others_to_the_ground():
    at = np.linspace(0.1, 10, 100)
    terms = np.stack([np.where(at < 0.25, 550.0, 140.0), np.full(100, 5.0)], axis=1)
    option = loss_option(at, terms, at[:0], at[:0], ("Reconstruction", "KL"), 10.0)
    assert 145 < option["yAxis"]["max"] < 400


def test_a_link_fills_the_controls_with_the_settings_of_a_run(submitted, tmp_path):
    run = small_run(tmp_path, d=3)
    app = open_train(like="small")
    assert app.number_input(key="train-latent_dim").value == 3
    press(app, "Start")
    made, asked = submitted[0].config, run.config
    assert (made.model, made.data, made.train) == (asked.model, asked.data, asked.train)
    assert any("no run" in warning.value for warning in open_train(like="nowhere").warning)
    sheet = open_train(preset="sheet")
    assert sheet.text_input(key="train-hidden").value == "400"
    assert any("no preset" in warning.value for warning in open_train(preset="x").warning)


def test_code_chart_is_a_square_with_a_series_a_class():
    codes = np.array([[0.0, 1.0], [2.0, -1.0], [0.5, 0.25]], dtype=np.float16)
    option = code_option(codes, np.array([1, 11, 1]), ("zero", "one"), 3.2)
    assert [series["name"] for series in option["series"]] == ["one", "11"]
    assert option["series"][0]["data"] == [[0, 1], [0.5, 0.25]]
    assert option["grid"]["width"] == option["grid"]["height"]
    assert {(option[axis]["min"], option[axis]["max"]) for axis in ("xAxis", "yAxis")} == {(-4, 4)}
    with pytest.raises(ValueError, match="not"):
        code_option(np.zeros((4, 3)), np.zeros(4, dtype=int), (), 3.0)


def test_numbers_of_a_tooltip_have_the_signs_of_the_language():
    codes, labels = np.zeros((2, 2)), np.array([0, 1])
    formats = []
    for code in ("en", "fr"):
        with spoken(code):
            tooltip = code_option(codes, labels, ("a", "b"), 3.0)["tooltip"]
            formats.append(tooltip.get("valueFormatter"))
    assert formats == [None, "localized"]


def test_the_charts_of_two_epochs_are_of_one_shape():
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(one) for key, one in value.items() if key != "data"}
        return [shape(one) for one in value] if isinstance(value, list) else type(value)

    at, terms, titles = np.arange(1.0, 9.0), np.ones((8, 2)), ("Reconstruction", "KL")
    one = loss_option(at[:1], terms[:1], at[:1], at[:1], titles, 8.0)
    assert shape(one) == shape(loss_option(at, terms, at, at, titles, 8.0))
