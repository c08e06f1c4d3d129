"""The commands evaluate and decode."""

import numpy as np
import pytest
import torch
from PIL import Image

from vae import runs
from vae.data import load
from vae.runs.checkpoint import load_model
from vae.training.metrics import evaluate


def test_evaluate_has_the_promised_figures_and_repeats_them(cli, trained, tmp_path):
    answers = [cli("evaluate", "one", "--json") for _ in range(2)]
    assert [answer.code for answer in answers] == [0, 0]
    assert answers[0].json == answers[1].json
    found = answers[0].json
    names = {"elbo", "recon_loss", "kl", "mse", "active_units", "knn_accuracy"}
    assert names | {"binary", "family", "epochs", "seconds"} <= found.keys()
    assert found["binary"].keys() == names
    assert found["family"] == "vae"
    assert found["epochs"] == 3
    assert found["seconds"] == trained.epochs()[-1]["seconds"]
    figures = evaluate(load_model(trained.directory), load("tiny"))
    assert {name: found[name] for name in figures} == figures
    assert trained.evaluation() == figures
    words = cli("evaluate", "checkpoints/one").out
    assert "knn_accuracy" in words
    assert "binary" in words


def test_evaluate_leaves_a_shipped_run_as_it_is(cli, shipped):
    before = {p: p.read_bytes() for p in shipped.directory.iterdir()}
    assert cli("evaluate", "one").code == 0
    assert {p: p.read_bytes() for p in shipped.directory.iterdir()} == before


def test_evaluate_refuses(cli, trained, make_config, tmp_path, monkeypatch):
    cli("evaluate", "nosuch").check_refused("nosuch")
    cli("evaluate").check_refused("RUN")
    runs.create(make_config("new"), tmp_path / "checkpoints")
    cli("evaluate", "new").check_refused("no weights yet")
    path = trained.directory / "model.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:50])
    cli("evaluate", "one").check_refused("damaged")
    path.write_bytes(whole)

    def full(*args):
        raise OSError(28, "No space left on device", "evaluation.json")

    monkeypatch.setattr("vae.storage.files.os.replace", full)
    cli("evaluate", "one").check_refused("evaluation.json: No space left")


def test_decode_writes_the_pixels_of_torch(cli, trained, tmp_path):
    model = load_model(trained.directory)
    for z in ([0.3, -1.2], [-2.5, 0.0], [0.0, 0.0]):
        text = ",".join(map(str, z))
        answer = cli("decode", "one", "--z", text, "--out", "x.png", "--json")
        assert answer.code == 0, answer
        assert answer.json["z"] == z
        assert answer.json["shape"] == [1, 6, 6]
        picture = Image.open(tmp_path / "x.png")
        assert picture.size == (6, 6)
        assert picture.mode == "L"
        levels = (model.generate(torch.tensor([z]))[0, 0] * 255).round().byte().numpy()
        assert np.array_equal(np.asarray(picture), levels)
    assert {p.name for p in tmp_path.iterdir()} == {"x.png", "checkpoints"}
    assert "6 x 6" in cli("decode", "one", "--z", "1,1", "--out", "y.png").out


@pytest.mark.parametrize(
    ("z", "out", "word"),
    [
        ("1", "x.png", "2 latent dimensions"),
        ("1,2,3", "x.png", "2 latent dimensions"),
        ("", "x.png", "--z"),
        ("a,b", "x.png", "numbers between commas"),
        ("nan,1", "x.png", "finite"),
        ("inf,1", "x.png", "finite"),
        ("1,1e300", "x.png", "finite"),
        ("1,2", "nosuch/x.png", "nosuch"),
        ("1,2", ".", "cannot write"),
        ("1,2", "", "cannot write"),
        ("1,2", "checkpoints", "cannot write"),
    ],
)
def test_decode_refuses(cli, trained, z, out, word, tmp_path):
    cli("decode", "one", "--z", z, "--out", out).check_refused(word)
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoints"]


def test_decode_needs_its_options_and_a_run_with_weights(cli, trained, make_config, tmp_path):
    cli("decode", "one", "--out", "x.png").check_refused("--z")
    cli("decode", "one", "--z", "1,2").check_refused("--out")
    cli("decode", "nosuch", "--z", "1,2", "--out", "x.png").check_refused("nosuch")
    runs.create(make_config("new"), tmp_path / "checkpoints")
    cli("decode", "new", "--z", "1,2", "--out", "x.png").check_refused("no weights yet")
