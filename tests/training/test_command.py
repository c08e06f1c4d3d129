"""The command that repeats a run gives its settings, no more and no less."""

import math
import shlex

import pytest

from vae.config import RunConfig
from vae.config.growth import GrowthConfig
from vae.models import FAMILIES
from vae.runs import Run, list_runs
from vae.training.command import train_command
from vae.training.plan import plan


@pytest.fixture
def repeated(cli, monkeypatch):
    """Give a command to the command line, which makes the run and does not train it."""
    made: list[Run] = []
    monkeypatch.setattr("vae.cli.train._execute", lambda run, as_json: made.append(run))
    monkeypatch.setattr("vae.data.load_for", lambda config: None)

    def parse(command: str) -> RunConfig:
        python, m, vae, *rest = shlex.split(command)
        assert (python, m, vae) == ("python", "-m", "vae")
        answer = cli(*rest)
        assert answer.code == 0, answer
        return made[-1].config

    return parse


def settings(config: RunConfig) -> tuple[object, ...]:
    return config.data, config.model, config.train


OTHER = {
    "beta": 1e-3,
    "likelihood": "gaussian",
    "variance": "learned",
    "sigma": math.pi / 10,
    "reconstruction": "bce",
    "sparsity": "kl",
    "sparsity_weight": 1e-7,
    "sparsity_target": 1 / 3,
    "corruption": "salt-pepper:0.3",
    "contraction": 0.125,
    "codebook": 33,
    "commitment": 0.5,
    "growth": GrowthConfig(start=(3, 2), add=(2, 0), every=7, outgoing="zero"),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_repeated(family, repeated):
    plain = plan(family, data={}, model={}, train={})
    assert settings(repeated(train_command(plain))) == settings(plain)
    kind = FAMILIES[family].model
    others = {name: value for name, value in OTHER.items() if name in kind.options or
              (name == "growth" and kind.grows)}  # fmt: skip
    config = plan(
        family,
        data={"dataset": "fashion-mnist", "classes": (1, 7), "binarise": "dynamic"},
        model={"hidden": (40, 31), "latent_dim": 5, "init": "torch", **others},
        train={"epochs": 3, "lr": 1e-4 / 3, "seed": 12, "device": "cpu", "precision": "bf16"}
        | ({"samples": 7} if kind.takes_samples else {}),
    )
    assert settings(repeated(train_command(config))) == settings(config)


def test_conv_binary_data_and_shipped_runs_are_repeated(repeated):
    conv = plan("vae", data={"dataset": "shapes"}, model={"arch": "conv"}, train={})
    for config in (conv, *(run.config for run in list_runs())):
        assert settings(repeated(train_command(config))) == settings(config), config.name


def test_only_what_is_no_default_is_said():
    config = plan("vae", data={"dataset": "digits"}, model={"latent_dim": 20}, train={"epochs": 3})
    assert train_command(config) == (
        "python -m vae train --latent-dim 20 --dataset digits --epochs 3"
    )
    mine = config.model_copy(
        update={"data": config.data.model_copy(update={"dataset": "folder:my images"})}
    )
    assert "--dataset 'folder:my images'" in train_command(mine)
