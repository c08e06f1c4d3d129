"""Runs of the VQ-VAE: figures, the same end after a stop, and what is stored."""

import json

import numpy as np
import pytest
import torch

from vae import runs
from vae.config import DataConfig, RunConfig
from vae.data import load
from vae.runs.checkpoint import load_model, save_model
from vae.runs.files import CONFIG_FILE
from vae.training.loop import TrainState, fit
from vae.training.plan import plan
from vae.training.trainer import train_run

pytestmark = pytest.mark.usefixtures("one_thread")


def run_config(**given) -> RunConfig:
    model = {"hidden": (8, 12), "latent_dim": 4, "codebook": 16, **given.pop("model", {})}
    train = {"epochs": 3, "batch_size": 128, "device": "cpu", **given}
    return plan("vq-vae", name="vq", data={"dataset": "digits"}, model=model, train=train)


def test_saved_whole_and_in_half_precision(tmp_path):
    config, data = run_config(), load("digits")
    state = TrainState(config)
    reports = list(fit(config, data, state))
    assert reports[-1].test.loss < 0.9 * reports[0].train.loss
    model = state.model.eval()
    (tmp_path / CONFIG_FILE).write_text(config.to_json())
    x = data.test.images[:50].float() / 255
    save_model(tmp_path, model, config, 3)
    loaded = load_model(tmp_path)
    assert all(torch.equal(v, loaded.state_dict()[k]) for k, v in model.state_dict().items())
    with torch.no_grad():
        assert torch.equal(loaded.indices(x), model.indices(x))
    save_model(tmp_path, model, config, 3, half=True)
    half = load_model(tmp_path)
    torch.testing.assert_close(half.usage, model.usage, rtol=1e-3, atol=1e-6)
    with torch.no_grad():
        assert (half.indices(x) == model.indices(x)).float().mean() > 0.98
        assert (half.reconstruct(x) - model.reconstruct(x)).abs().mean() < 5e-3
    assert half.usage.dtype == half.codebook.dtype == torch.float32


def test_command_line_trains_and_measures(cli):
    answer = cli(
        "train", "--family", "vq-vae", "--dataset", "digits", "--epochs", 2, "--name", "vq",
        "--hidden", "8,12", "--codebook", 16, "--commitment", 0.5, "--json",
    )  # fmt: skip
    assert answer.code == 0, answer
    test = answer.json["test"]
    assert test["loss"] == pytest.approx(test["recon_loss"] + test["kl"] + test["penalty"])
    answer = cli("evaluate", "vq", "--json")
    found = answer.json
    assert found["elbo"] == pytest.approx(-found["recon_loss"] - found["kl"])
    for figures in (found, found["binary"]):
        assert 1 <= figures["perplexity"] <= 16
        assert 0 < figures["code_usage"] <= 1
    assert all(
        isinstance(value, int | float)
        for key, value in found["binary"].items()
        if value is not None
    )
    json.dumps(found)


def test_stored_codes_hold_the_grids(tmp_path):
    run = runs.create(run_config(epochs=1), tmp_path)
    train_run(run)
    codes, data = run.codes(), load("digits")
    model = load_model(run.directory)
    assert codes["indices"].dtype == np.uint8
    assert codes["indices"].shape == (len(data.test), 2, 2)
    with torch.no_grad():
        indices = model.indices(data.test.images.float() / 255)
    assert np.array_equal(codes["indices"], indices.numpy())
    assert codes["mu"].shape == (len(data.test), 4)
    assert "logvar" not in codes
    assert DataConfig(dataset="digits") == run.config.data
