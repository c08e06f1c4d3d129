"""What a run shows of itself within an epoch."""

import numpy as np
import pytest
import torch
from small_models import curve

from vae import runs
from vae.data import pixels
from vae.runs import LIVE_FILE
from vae.storage.files import read_arrays, write_arrays
from vae.training import live as live_module
from vae.training.loop import EpochReport, StepReport, fit, fixed_indices
from vae.training.projection import fit_projection, projection_of
from vae.training.state import TrainState
from vae.training.trainer import train_run

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(autouse=True)
def always_due(monkeypatch):
    monkeypatch.setattr(live_module, "EVERY_S", 0.0)
    monkeypatch.setattr(live_module, "SHARE", 1e9)


def test_it_follows_the_model_step_by_step_and_changes_nothing(tiny, make_config, tmp_path):
    run = runs.create(make_config(epochs=2, latent_dim=4), tmp_path)
    seen, lives = [], [None]

    def look(report):
        seen.append(report)
        lives.append(run.live())

    train_run(run, look)
    assert curve(seen) == curve(fit(run.config, tiny))
    assert run.live() is None
    assert not (run.directory / LIVE_FILE).exists()
    # Before a step the model is shown as the steps before it have left it.
    steps = [r for r in seen if isinstance(r, StepReport)]
    found = [live for live, r in zip(lives[1:], seen, strict=True) if isinstance(r, StepReport)]
    assert [(live.epoch + 1, live.step + 1) for live in found] == [(r.epoch, r.step) for r in steps]
    assert [live.at for live in found] == [k / 4 for k in range(8)]
    assert not np.array_equal(found[1].test_recon, found[2].test_recon)
    # At the end of an epoch it is what the epoch's report says.
    ends = [
        (live, r) for live, r in zip(lives[1:], seen, strict=True) if isinstance(r, EpochReport)
    ]
    for live, report in ends:
        assert (live.epoch, live.step) == (report.epoch, 0)
        for name in ("train_recon", "test_recon", "samples"):
            assert np.array_equal(getattr(live, name), getattr(report.pictures, name))
        mu = report.codes.mu.numpy()
        np.testing.assert_allclose(live.plane, (mu - live.center) @ live.axes.T, atol=1e-5)
        assert live.label.tolist() == tiny.test.labels.tolist()
    # From the first epoch on there is one plane, and it is the one kept with the codes.
    assert [live.is_fixed for live in found] == [False] * 4 + [True] * 4
    kept = projection_of(run.codes())
    for live in [found[4], found[7], ends[1][0]]:
        assert np.array_equal(live.axes, kept.axes)
        assert np.array_equal(live.center, kept.center)
    first = run.codes()["history"][1].astype(float)
    expected = np.linalg.svd(first - first.mean(0))[2][:2]
    np.testing.assert_allclose(np.abs(kept.axes), np.abs(expected), atol=1e-5)


def test_before_the_first_step_it_is_the_untrained_model(tiny, make_config, tmp_path):
    run = runs.create(make_config(), tmp_path)
    run.write_status(run.status().model_copy(update={"state": "paused"}))
    state = TrainState(run.config)
    live_module.LiveView(run, state, tiny)()
    live = run.live()
    assert live.at == 0.0
    assert live.is_fixed, "two dimensions are shown as they are"
    test = tiny.test[fixed_indices(tiny.test.labels)]
    with torch.inference_mode():
        found = state.model.eval().reconstruct(pixels(test.images))
        mu = state.model.encode(pixels(tiny.test.images))[0].numpy()
    assert np.abs(live.test_recon / 255 - found.numpy()).max() < 1 / 255
    np.testing.assert_allclose(live.plane, mu, atol=1e-5)


def test_it_costs_a_small_share_of_the_time(tiny, make_config, tmp_path, monkeypatch):
    monkeypatch.undo()
    clock = [100.0]
    monkeypatch.setattr(live_module.time, "monotonic", lambda: clock[0])
    run = runs.create(make_config(), tmp_path)
    view = live_module.LiveView(run, TrainState(run.config), tiny)
    look = view.look

    def slow(count=None):
        clock[0] += 0.3
        return look(count)

    monkeypatch.setattr(view, "look", slow)
    for _ in range(4):
        assert view.is_due(), "at first once a second"
        view()
        assert not view.is_due()
        clock[0] += 0.7
    assert not view.is_due()
    clock[0] = 106.6
    assert not view.is_due(), "1.2 s are 1 s and 3 % of 6.7 s"
    clock[0] = 106.8
    assert view.is_due()


@pytest.mark.parametrize("change", ["cut", "nan", "shape", "step", "missing"])
def test_what_is_damaged_is_not_there(tiny, make_config, tmp_path, change):
    run = runs.create(make_config(latent_dim=3), tmp_path)
    view = live_module.LiveView(run, TrainState(run.config), tiny)
    view()
    assert run.live() is None, "it does not train"
    run.write_status(run.status().model_copy(update={"state": "paused"}))
    assert run.live() is not None
    path = run.directory / LIVE_FILE
    arrays = read_arrays(path)[0]
    if change == "cut":
        path.write_bytes(path.read_bytes()[:200])
    else:
        arrays |= {
            "nan": {"plane": arrays["plane"] * np.float32("nan")},
            "shape": {"test_recon": arrays["test_recon"][:, :, :3]},
            "step": {"step": np.array(1e300)},
            "missing": {},
        }[change]
        if change == "missing":
            del arrays["seconds"]
        write_arrays(path, arrays)
    assert run.live() is None


def test_a_plane_of_codes_is_that_of_the_first_epoch_kept():
    generator = np.random.default_rng(0)
    history = generator.normal(size=(3, 50, 6)).astype(np.float16)
    mu = generator.normal(size=(50, 6)).astype(np.float32)
    codes = {"mu": mu, "label": np.zeros(50), "epochs": np.array([0, 3, 7]), "history": history}
    old = projection_of(codes)
    assert np.array_equal(old.axes, fit_projection(history[1]).axes)
    np.testing.assert_allclose(old.axes @ old.axes.T, np.eye(2), atol=1e-5)
    assert np.array_equal(
        projection_of({**codes, **old.arrays(), "epochs": [9] * 3}).axes, old.axes
    )
    assert np.array_equal(projection_of({"mu": mu}).axes, fit_projection(mu).axes)
    for d in (1, 2):
        flat = fit_projection(mu[:, :d])
        assert not flat.arrays()
        assert np.array_equal(flat.project(mu[:, :d])[:, :d], mu[:, :d])
        assert flat.project(mu[:, :d]).shape == (50, 2)
