"""The Train page without a browser: what is asked for is what is started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from vae import jobs, runs
from vae.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from vae.runs import Run, Status
from vae.ui import train_view
from vae.work import train_run

APP = str(Path(__file__).parents[1] / "streamlit_app.py")


@pytest.fixture
def submitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """The runs that the page has handed over; none is trained."""
    found: list[Run] = []
    monkeypatch.setenv("VAE_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(jobs, "submit", found.append)
    monkeypatch.setattr(jobs, "tend", lambda root: None)
    return found


def open_train(**query: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60).run()
    app.switch_page("pages/train.py")
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception, app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, app.exception
    return app


def small_run(tmp_path: Path, name: str = "small", d: int = 2, epochs: int = 2) -> Run:
    config = RunConfig(
        name=name,
        data=DataConfig(dataset="digits"),
        model=ModelConfig(hidden=(8,), latent_dim=d, image_shape=(1, 8, 8)),
        train=TrainConfig(epochs=epochs, device="cpu"),
    )
    return runs.create(config, tmp_path / "runs")


def set_status(run: Run, **values: Any) -> None:
    run.write_status(Status(**{**run.status().model_dump(), **values}))


def test_start_makes_the_run_of_the_preset_and_shows_it(submitted: list[Run]) -> None:
    app = open_train()
    assert any("no run of your own" in info.value for info in app.info)
    press(app, "Start")
    (run,) = submitted
    config = run.config
    assert (config.data.dataset, config.model.latent_dim, config.train.epochs) == ("digits", 2, 40)
    assert config.model.image_shape == (1, 8, 8)
    assert app.query_params["run"] == run.name
    assert run.name in [element.value for element in app.subheader]
    assert any(button.label == "Stop" for button in app.button)


def test_settings_reach_the_config(submitted: list[Run]) -> None:
    app = open_train()
    app.selectbox(key="train-arch").select("conv").run()
    assert app.text_input(key="train-hidden").value == "32,64"
    app.text_input(key="train-hidden").set_value("4, 8")
    app.number_input(key="train-latent_dim").set_value(700)
    app.number_input(key="train-beta").set_value(4.0)
    app.number_input(key="train-samples").set_value(3)
    app.number_input(key="train-seed").set_value(7)
    app.text_input(key="train-name").set_value("mine").run()
    press(app, "Start")
    config = submitted[0].config
    assert (config.model.arch, config.model.hidden, config.model.beta) == ("conv", (4, 8), 4.0)
    assert (config.model.latent_dim, config.train.samples, config.train.seed) == (700, 3, 7)
    assert submitted[0].name == "mine"


def test_latent_presets_slider_and_number_agree(submitted: list[Run]) -> None:
    app = open_train()
    app.select_slider(key="train-latent_slider").set_value(20).run()
    assert app.number_input(key="train-latent_dim").value == 20
    app.number_input(key="train-latent_dim").set_value(33).run()
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
def test_bad_input_is_a_sentence(
    field: str, value: Any, words: str, submitted: list[Run], tmp_path: Path
) -> None:
    app = open_train()
    kind = {"lr": app.number_input, "device": app.selectbox}.get(field, app.text_input)
    kind(key=f"train-{field}").set_value(value).run()
    press(app, "Start")
    assert any(words in error.value for error in app.error), [e.value for e in app.error]
    assert not submitted
    assert not runs.list_runs(tmp_path / "runs")


def test_a_name_that_is_taken_is_a_sentence(submitted: list[Run], tmp_path: Path) -> None:
    small_run(tmp_path)
    app = open_train()
    app.text_input(key="train-name").set_value("small").run()
    press(app, "Start")
    assert any("already a small" in error.value for error in app.error)


def test_missing_data_set_disables_start(submitted: list[Run]) -> None:
    app = open_train()
    app.selectbox(key="train-dataset").select("mnist").run()
    assert next(button for button in app.button if button.label == "Start").disabled
    assert any("needs the images of MNIST" in caption.value for caption in app.caption)
    assert any("Get MNIST" in button.label for button in app.button)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_finished_run_plays_its_epochs(d: int, submitted: list[Run], tmp_path: Path) -> None:
    run = small_run(tmp_path, d=d)
    train_run(run)
    app = open_train(run="small")
    slider = app.select_slider(key="epoch-small")
    assert slider.value == 2
    slider.set_value(1).run()
    assert not app.exception
    assert not app.error
    assert len(app.get("plotly_chart")) == (2 if d == 2 else 1)
    assert not any(button.label in ("Stop", "Resume") for button in app.button)


def test_a_failed_run_says_why_and_resumes(submitted: list[Run], tmp_path: Path) -> None:
    run = small_run(tmp_path)
    set_status(run, state="failed", error="the disk is full.")
    app = open_train(run="small")
    assert any("the disk is full" in error.value for error in app.error)
    press(app, "Resume")
    assert [one.name for one in submitted] == ["small"]


def test_a_dead_run_reads_as_interrupted(submitted: list[Run], tmp_path: Path) -> None:
    set_status(small_run(tmp_path), state="running", pid=1, pid_started=1.0)
    app = open_train(run="small")
    assert any(error.value.startswith("Interrupted") for error in app.error)
    assert any(button.label == "Resume" for button in app.button)


def test_rename_and_delete(submitted: list[Run], tmp_path: Path) -> None:
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


def test_stop_takes_a_waiting_run_out_of_the_queue(
    submitted: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = small_run(tmp_path)
    monkeypatch.setattr(jobs, "cancel", lambda run: set_status(run, state="cancelled"))
    press(open_train(run="small"), "Stop")
    assert run.status().state == "cancelled"


def test_a_run_that_is_not_there_is_said(submitted: list[Run]) -> None:
    app = open_train(run="../../etc")
    assert any("no run called" in warning.value for warning in app.warning)


def test_shipped_runs_are_looked_at_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, submitted: list[Run]
) -> None:
    monkeypatch.delenv("VAE_RUNS_DIR")
    app = open_train(run="mnist-vae-2d")
    assert not app.error
    assert app.select_slider(key="epoch-mnist-vae-2d").value == 50
    labels = {button.label for button in app.button}
    assert not labels & {"Stop", "Resume", "Rename it", "Delete it"}


def test_time_left_in_words() -> None:
    assert train_view.time_left(0.2) == "about 1 s left"
    assert train_view.time_left(600) == "about 10 min left"
    assert train_view.time_left(7200) == "about 2.0 h left"
