"""The Grow page without a browser: growing runs, starting them, and what neurons are worth."""

import json
from collections.abc import Callable
from pathlib import Path

import driver
import pytest
from driver import fill, html, press, rerun, until, words
from family_runs import make_family_run
from streamlit.testing.v1 import AppTest

from vae import runs
from vae.config.growth import GrowthConfig
from vae.data import load
from vae.errors import ConfigError
from vae.measures.ablation import ablate
from vae.runs import Run
from vae.runs.checkpoint import load_model
from vae.training.plan import plan
from vae.training.trainer import train_run
from vae.ui.shared.growth_options import growth_state, read_growth


def make_run(root: Path, name: str, family: str = "growing-vae", epochs: int = 5) -> Run:
    """A run on the embedded digits, grown after epochs 2 and 4, or its target."""
    growth = {"growth": GrowthConfig(start=(4, 2), add=(4, 2), every=2)}
    config = plan(
        family,
        name=name,
        data={"dataset": "digits"},
        model={"hidden": (12, 6), "latent_dim": 2, **(growth if family != "vae" else {})},
        train={"epochs": epochs, "batch_size": 256, "device": "cpu"},
    )
    run = runs.create(config, root)
    train_run(run)
    return run


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    make_run(folder, "grown")
    make_run(folder, "target", "vae")
    make_family_run("ae", folder)
    return folder


@pytest.fixture
def open_page(monkeypatch) -> Callable[..., AppTest]:
    def open_(folder: Path, **query: str) -> AppTest:
        monkeypatch.setenv("VAE_RUNS_DIR", str(folder))
        return driver.open_page("grow", **query)

    return open_


def approach(app: AppTest, name: str) -> AppTest:
    next(one for one in app.segmented_control if one.key == "grow-approach").set_value(name)
    return rerun(app)


# --- a growing run


def test_it_opens_on_a_growing_run_beside_its_fixed_target(root, open_page):
    app = open_page(root)
    assert not app.error
    assert app.selectbox(key="grow-run").value == "grown"
    assert app.query_params["run"] in ("grown", ["grown"])
    assert app.selectbox(key="grow-compared-grown").value == "target"
    assert len(app.get("plotly_chart")) == 1
    spec = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert "target, test" in [trace["name"] for trace in spec["data"]]
    labels = [(one["x"], one["text"]) for one in spec["layout"]["annotations"]]
    assert {(2, "8/4"), (4, "12/6")} <= set(labels)
    assert 'data-sizes="12/6"' in html(app)
    rows = html(app).split('data-testid="grow-table"')[1].count('<th scope="row">')
    assert rows == 3
    assert "4/2 → 8/4 → 12/6 neurons, after epoch 2, 4" in words(app)


def test_the_slider_draws_the_encoder_of_an_epoch(root, open_page):
    app = open_page(root)
    for epoch, sizes in ((1, "4/2"), (2, "4/2"), (3, "8/4"), (5, "12/6")):
        app.slider[0].set_value(epoch)
        rerun(app)
        assert f'data-sizes="{sizes}"' in html(app), epoch
        assert f"**Epoch {epoch}**: {sizes} neurons" in words(app)


def test_another_run_or_none_can_be_compared(root, open_page):
    app = open_page(root)
    box = app.selectbox(key="grow-compared-grown")
    assert not any("small-ae" in option for option in box.options)
    box.select("")
    rerun(app)
    assert "target, test" not in app.get("plotly_chart")[0].proto.spec
    rerun(app)
    assert app.selectbox(key="grow-compared-grown").value == ""


def test_the_loss_axis_can_show_everything(root, open_page):
    app = open_page(root)
    before = app.get("plotly_chart")[0].proto.spec
    app.toggle[0].set_value(True)
    rerun(app)
    assert app.get("plotly_chart")[0].proto.spec != before


def test_a_run_that_does_not_grow_is_measured_and_says_so(root, open_page):
    app = open_page(root, run="target")
    assert "has the same size from the first epoch to the last" in words(app)
    assert "Measure" in [button.label for button in app.button]


def test_without_a_vae_it_says_why_nothing_is_measured(tmp_path, open_page):
    make_family_run("ae", tmp_path)
    app = open_page(tmp_path)
    assert not app.error
    assert "no hidden dense layer whose loss in −ELBO" in words(app)


def test_without_a_growing_run_it_offers_to_start_one(tmp_path, open_page, submitted):
    app = open_page(tmp_path / "none")
    assert "make pretrained" in words(app)
    press(app, "Start")
    assert [run.config.model.family for run in submitted] == ["growing-vae", "vae"]


def test_a_run_that_waits_is_drawn_as_it_will_start(tmp_path, open_page, submitted):
    app = open_page(tmp_path)
    press(app, "Start")
    name = submitted[0].name
    assert app.selectbox(key="grow-run").value == name
    assert 'data-sizes="32/16"' in html(app)
    assert "The curves come with the first epoch" in words(app)
    assert "its neurons can be measured when it is done" in words(app)


# --- start


def test_approaches_are_those_of_the_report_fitted_to_the_epochs(tmp_path, open_page, submitted):
    app = open_page(tmp_path)
    assert "after epoch 10, 20, 30, 40, 50, 60, 70." in words(app)
    fill(app, "grow-", epochs=200)
    assert "after epoch 25, 50, 75, 100, 125, 150, 175." in words(app)
    fill(app, "grow-", samples=3, seed=7)
    approach(app, "approach-2")
    press(app, "Start")
    grown, target = submitted
    growth = grown.config.model.growth
    assert (growth.keep_at, growth.keep, growth.every) == (25, (32, 16), 25)
    assert target.config.model == grown.config.model.model_copy(
        update={"family": "vae", "growth": None}
    )
    train = grown.config.train
    assert target.config.train == train
    assert (train.epochs, train.samples, train.seed) == (200, 3, 7)


def test_a_target_that_is_there_is_not_trained_again(tmp_path, open_page, submitted, monkeypatch):
    app = open_page(tmp_path)
    press(app, "Start")
    assert len(submitted) == 2
    done = submitted[1].status().model_copy(update={"state": "done"})
    submitted[1].write_status(done)
    press(app, "Start")
    assert [run.config.model.family for run in submitted] == ["growing-vae", "vae", "growing-vae"]
    app.checkbox[0].set_value(False)
    app.number_input(key="grow-seed").set_value(1)
    press(rerun(app), "Start")
    assert len(submitted) == 4


def test_the_fixed_target_alone(root, tmp_path, open_page, submitted):
    app = open_page(tmp_path)
    approach(app, "fixed")
    press(app, "Start")
    assert [run.config.model.growth for run in submitted] == [None]
    assert f"{submitted[0].name} is in the queue" in words(app)
    assert not app.warning


def test_an_own_schedule(tmp_path, open_page, submitted):
    app = open_page(tmp_path)
    approach(app, "own")
    fill(app, "grow-", hidden="40, 20", start="10,5", add="15,15", every=4, latent_dim=3)
    fill(app, "grow-", outgoing="zero", moments="carried", keep_at=8)
    fill(app, "grow-", keep="5,5", keep_rule="norm")
    assert "10/5 → 20/20 → 35/20 → 40/20 neurons, after epoch 8, 12, 16." in words(app)
    press(app, "Start")
    config = submitted[0].config.model
    assert (config.hidden, config.latent_dim) == ((40, 20), 3)
    assert config.growth == GrowthConfig(
        start=(10, 5), add=(15, 15), every=4, outgoing="zero", moments="carried",
        keep_at=8, keep=(5, 5), keep_rule="norm",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("start", "1,2,3", "numbers of neurons given for start are 3"),
        ("start", "many", "whole numbers between commas"),
        ("add", "0,0", "gives no layer a neuron"),
        ("hidden", "x", "whole numbers between commas"),
        ("start", "999,1", "more than the target"),
    ],
)
def test_a_schedule_that_cannot_be_is_a_sentence(
    field, text, sentence, tmp_path, open_page, submitted
):
    app = approach(open_page(tmp_path), "own")
    app.text_input(key=f"grow-{field}").set_value(text)
    rerun(app)
    assert sentence in words(app)
    assert next(button for button in app.button if button.label == "Start").disabled
    assert not submitted


def test_data_that_are_not_here_are_offered(tmp_path, open_page, submitted, monkeypatch):
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path / "data"))
    app = open_page(tmp_path)
    fill(app, "grow-", dataset="mnist")
    assert "Get MNIST" in [button.label for button in app.button]
    assert next(button for button in app.button if button.label == "Start").disabled


def test_widgets_and_schedules_say_the_same():
    for growth in (
        GrowthConfig(),
        GrowthConfig(start=(3, 2), add=(1, 1), every=7, outgoing="zero", moments="carried"),
        GrowthConfig(keep_at=4, keep=(3, 2), keep_rule="norm"),
    ):
        assert read_growth(growth_state(growth)) == growth
    with pytest.raises(ConfigError, match="whole numbers"):
        read_growth({**growth_state(), "add": "1;2"})


# --- the Train page


def test_the_train_page_has_the_schedule_of_a_growing_family(tmp_path, submitted, monkeypatch):
    monkeypatch.setenv("VAE_RUNS_DIR", str(tmp_path))
    app = driver.open_page("train")
    fill(app, "train-", family="growing-vae")
    fill(app, "train-", hidden="64,32", growth_every=3, growth_start="16,8", growth_outgoing="zero")
    press(app, "Start")
    assert not app.error
    model = submitted[0].config.model
    assert model.hidden == (64, 32)
    assert model.growth == GrowthConfig(every=3, start=(16, 8), outgoing="zero")
    app.text_input(key="train-growth_start").set_value("16")
    press(app, "Start")
    assert "given for start are 1" in words(app)
    assert len(submitted) == 1
    fill(app, "train-", family="vae")
    assert not any(box.key == "train-growth_every" for box in app.number_input)


# --- neurons


def test_neurons_are_measured_and_their_pictures_shown(root, open_page):
    app = press(open_page(root), "Measure")
    until(app, lambda: len(app.get("plotly_chart")) == 2)
    model = load_model(root / "grown")
    found = ablate(model, 0, load("digits").test[:500], worst=10)
    best = int(found.change.argmax())
    box = app.selectbox(key="grow-neuron-grown-0")
    assert box.value == best
    assert len(box.options) == 12
    assert f"{found.change[best]:+.3f}" in box.options[0]
    spec = app.get("plotly_chart")[1].proto.spec
    assert all(f"from epoch {epoch}" in spec for epoch in (1, 3, 5))
    count = int((found.worst_change[best] > 0).sum())
    assert html(app).count(f"with and without neuron {best}, −ELBO +") == count
    # Of the second layer there is nothing yet.
    next(one for one in app.segmented_control if one.key == "grow-layer-grown").set_value(1)
    rerun(app)
    assert "Measure" in [button.label for button in app.button]


def test_damaged_weights_are_a_sentence(root, tmp_path, open_page):
    run = make_run(tmp_path, "broken", epochs=1)
    (run.directory / "model.safetensors").write_bytes(b"not safetensors")
    app = open_page(tmp_path)
    assert "damaged" in words(app)
    assert len(app.get("plotly_chart")) == 1
