"""Every command: what it prints, what it writes, and how it refuses."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from commands import ROOT, process_env
from PIL import Image

from vae import runs
from vae.cli import app as cli_module
from vae.data import DATASETS, load
from vae.runs import Run
from vae.runs.checkpoint import load_model
from vae.training.metrics import evaluate
from vae.training.recipes import RECIPES

FAST = ("--dataset", "tiny", "--epochs", 2, "--hidden", "8", "--batch-size", 16, "--device", "cpu")


# --- train and resume


def test_train_makes_a_run_and_ends_with_json(cli, tiny, tmp_path):
    options = ("--latent-dim", 3, "--beta", 2, "--samples", 2, "--lr", "2e-3", "--seed", 4)
    answer = cli("train", *FAST, *options, "--name", "first", "--out", "runs", "--json")
    assert answer.code == 0, answer
    assert answer.err == ""
    found = answer.json
    assert found["name"] == "first"
    assert found["state"] == "done"
    assert found["family"] == "vae"
    assert found["epochs"] == 2
    assert found["seconds"] > 0
    terms = {"loss", "recon_loss", "kl", "penalty"}
    assert terms == found["train"].keys() == found["test"].keys()
    assert found["train"]["penalty"] is None
    assert [p.name for p in (tmp_path / "runs").iterdir()] == ["first"]
    assert not (tmp_path / "checkpoints").exists()
    config = Run(tmp_path / "runs" / "first").config
    assert (config.model.latent_dim, config.model.beta, config.model.hidden) == (3, 2.0, (8,))
    assert config.model.image_shape == (1, 6, 6)
    train = config.train
    assert (train.samples, train.lr, train.seed, train.epochs) == (2, 2e-3, 4, 2)
    assert (train.batch_size, train.device, train.precision) == (16, "cpu", "float32")
    assert runs.open_run("first", tmp_path / "runs").epochs()[-1]["test"] == found["test"]


def test_train_without_a_name_makes_one(cli, tiny, tmp_path):
    names = [cli("train", *FAST, "--json").json["name"] for _ in range(2)]
    assert len(set(names)) == 2
    for name in names:
        assert re.fullmatch(r"tiny-vae-2d-s0-\d{8}-\d{6}(-2)?", name)
    assert {p.name for p in (tmp_path / "checkpoints").iterdir()} == set(names)


def test_train_in_words(cli, tiny):
    options = ("--arch", "conv", "--precision", "bf16", "--family", "vae")
    answer = cli("train", *FAST, *options, "--name", "conv")
    assert answer.code == 0
    assert "2 epochs" in answer.out
    assert "reconstruction" in answer.out
    assert "KL" in answer.out
    assert Run(runs.DEFAULT_ROOT / "conv").config.model.arch == "conv"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--dataset", "nosuch"], ["nosuch", "digits"]),
        (["--family", "gan"], ["gan", "vae"]),
        (["--arch", "rnn"], ["arch", "rnn"]),
        (["--hidden", "8,x"], ["8,x"]),
        (["--hidden", ""], ["hidden"]),
        (["--hidden", "0"], ["hidden", "0"]),
        (["--hidden", "9999"], ["hidden", "8192"]),
        (["--arch", "conv", "--hidden", "4,4,4"], ["hidden"]),
        (["--latent-dim", "0"], ["latent_dim", "0"]),
        (["--latent-dim", "1025"], ["latent_dim", "1025"]),
        (["--latent-dim", "2.5"], ["--latent-dim"]),
        (["--epochs", "many"], ["--epochs"]),
        (["--epochs", "0"], ["epochs"]),
        (["--epochs"], ["--epochs"]),
        (["--beta", "-1"], ["beta"]),
        (["--beta", "nan"], ["beta"]),
        (["--lr", "0"], ["lr"]),
        (["--lr", "inf"], ["lr"]),
        (["--samples", "0"], ["samples"]),
        (["--batch-size", "0"], ["batch_size"]),
        (["--seed", "-1"], ["seed"]),
        (["--device", "tpu"], ["device", "tpu"]),
        (["--precision", "fp8"], ["precision", "fp8"]),
        (["--name", "../x"], ["'../x'", "letters"]),
        (["--name", ""], ["letters"]),
        (["--name", "a b"], ["letters"]),
        (["--name", "x" * 65], ["64"]),
        (["--name", ".."], ["letters"]),
        (["--nosuch", "1"], ["--nosuch"]),
        (["stray"], ["stray"]),
    ],
    ids=lambda value: " ".join(value)[:30],
)
def test_train_refuses_in_one_sentence_and_writes_nothing(cli, tiny, tmp_path, options, words):
    cli("train", *FAST, *options, "--out", "runs").check_refused(*words)
    assert list(tmp_path.iterdir()) == []


def test_train_refuses_a_device_that_is_not_there(cli, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    cli("train", *FAST, "--device", "cuda").check_refused("no cuda device")
    assert list(tmp_path.iterdir()) == []


def test_train_refuses_data_that_is_missing(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path / "nothing"))
    cli("train", "--dataset", "mnist").check_refused("python -m vae data get mnist")
    assert not (tmp_path / "checkpoints").exists()


def test_train_refuses_a_folder_that_cannot_be_written(cli, tiny, tmp_path):
    (tmp_path / "file").write_text("")
    cli("train", *FAST, "--out", "file").check_refused("file")
    cli("train", *FAST, "--out", "file/below").check_refused("file/below")


def test_train_refuses_a_name_that_is_taken(cli, trained):
    cli("train", *FAST, "--name", "one").check_refused("already a one")


def test_a_loss_that_is_not_finite_ends_in_one_sentence(cli, tiny, tmp_path):
    options = ("--lr", 1, "--beta", 1000, "--hidden", "64,64", "--epochs", 400, "--name", "wild")
    cli("train", *FAST, *options).check_refused("epoch", "learning rate")
    assert Run(tmp_path / "checkpoints" / "wild").status().state == "failed"


def test_resume_starts_a_run_that_is_only_a_config(cli, tiny, make_config, tmp_path):
    folder = tmp_path / "checkpoints" / "planned"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(make_config("planned").to_json())
    answer = cli("resume", "planned", "--json")
    assert answer.code == 0, answer
    assert answer.json["state"] == "done"
    assert answer.json["epochs"] == 3


def test_resume_by_path_and_of_a_finished_run(cli, trained):
    model = (trained.directory / "model.safetensors").read_bytes()
    for reference in (str(trained.directory), "checkpoints/one", "one"):
        assert cli("resume", reference, "--json").json["epochs"] == 3
    assert (trained.directory / "model.safetensors").read_bytes() == model


def test_resume_refuses(cli, shipped, make_config, tmp_path):
    cli("resume", "one").check_refused("read-only")
    cli("resume", "nosuch").check_refused("nosuch", "one")
    cli("resume", "x" * 500).check_refused("no run")
    cli("resume").check_refused("RUN")
    busy = runs.create(make_config("busy"), tmp_path / "checkpoints")
    runs.claim(busy)
    cli("resume", "busy").check_refused("is running")
    (busy.directory / "config.json").write_text("{")
    cli("resume", "busy").check_refused("config.json")


def test_resume_of_a_finished_run_without_metrics_is_refused(cli, trained):
    (trained.directory / "metrics.jsonl").unlink()
    cli("resume", "one").check_refused("metrics.jsonl")


def test_resume_of_a_run_for_other_images_is_refused(cli, tiny, make_config, tmp_path):
    runs.create(make_config("big", image_shape=(1, 9, 9)), tmp_path / "checkpoints")
    cli("resume", "big").check_refused("1 x 6 x 6", "1 x 9 x 9")


def test_interrupted_by_the_keyboard_it_says_how_to_go_on(cli, tiny, monkeypatch):
    def stop(run, on_report):
        raise KeyboardInterrupt

    monkeypatch.setattr("vae.training.work.train_run", stop)
    answer = cli("train", *FAST, "--name", "stopped")
    assert answer.code == 130
    assert "python -m vae resume checkpoints/stopped" in answer.err
    monkeypatch.setattr("vae.runs.list_runs", lambda out: stop(None, None))
    assert cli("runs").code == 130


# --- evaluate and decode


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


# --- runs, data, pretrained, bench, help


def test_runs_lists_what_there_is(cli, shipped, make_config, tmp_path):
    runs.create(make_config("new"), tmp_path / "checkpoints")
    rows = cli("runs", "--json").json["runs"]
    assert [row["name"] for row in rows] == ["one", "new"]
    assert rows[0]["shipped"]
    assert rows[0]["state"] == "done"
    assert rows[0]["epoch"] == rows[0]["epochs"] == 3
    assert rows[0]["test"] == shipped.epochs()[-1]["test"]
    assert rows[1]["state"] == "queued"
    assert rows[1]["test"] is None
    text = cli("runs").out.splitlines()
    assert text[0].startswith("one")
    assert "shipped" in text[0]
    assert "epoch 0/3" in text[1]
    assert "No runs" in cli("runs", "--out", "nosuch").out
    assert cli("runs", "--out", "nosuch", "--json").json == {"runs": []}


def test_data_list_has_every_data_set(cli):
    found = cli("data", "list", "--json").json
    assert [row["name"] for row in found["datasets"]] == list(DATASETS)
    digits = next(row for row in found["datasets"] if row["name"] == "digits")
    assert digits["state"] == "ready"
    assert digits["shape"] == [1, 8, 8]
    assert digits["classes"] == 10
    lines = cli("data", "list").out.splitlines()
    assert [line.split()[0] for line in lines] == list(DATASETS)


def test_data_get(cli):
    assert cli("data", "get", "digits", "--json").json["state"] == "ready"
    assert "embedded" in cli("data", "get", "digits").out
    cli("data", "get", "nosuch").check_refused("nosuch")
    cli("data", "get").check_refused("argument 'name'")


@pytest.mark.real_data
def test_data_get_takes_what_is_there(cli, mnist_dir, monkeypatch):
    monkeypatch.setenv("VAE_DATA_DIR", str(mnist_dir.resolve()))
    assert cli("data", "get", "mnist", "--json").json["state"] == "ready"


def test_pretrained_makes_what_is_asked_for(cli, tiny, make_config, monkeypatch, tmp_path):
    monkeypatch.setitem(RECIPES, "tiny-2d", make_config("tiny-2d", epochs=1))
    answer = cli("pretrained", "tiny-2d", "--out", "made", "--json")
    assert answer.code == 0, answer
    assert answer.json.keys() == {"tiny-2d"}
    assert "10-NN" in answer.err
    assert Run(tmp_path / "made" / "tiny-2d").config.shipped
    assert "-ELBO" in cli("pretrained", "tiny-2d", "--out", "made").out
    cli("pretrained", "nosuch").check_refused("nosuch")


def test_bench_passes_on_what_it_measured(cli, monkeypatch):
    def measure(names, echo):
        echo("measuring")
        return {"names": names}

    monkeypatch.setattr("vae.bench.run_benches", measure)
    answer = cli("bench", "decode", "--json")
    assert answer.json == {"names": ["decode"]}
    assert answer.err == "measuring\n"
    assert cli("bench").out == "measuring\n"


def test_help_and_commands_alone(cli):
    top = cli("--help")
    assert top.code == 0
    for command in ("train", "resume", "evaluate", "decode", "runs", "data", "pretrained", "bench"):
        assert command in top.out
        assert cli(command, "--help").code == 0
    train = " ".join(cli("train", "--help").out.split())
    assert "[1 to 1024]" in train
    for args in ([], ["data"]):
        alone = cli(*args)
        assert alone.code == 2
        assert alone.err.startswith("Usage")
        assert "Traceback" not in alone.err
    cli("nosuch").check_refused("nosuch")
    cli("data", "nosuch").check_refused("nosuch")


def test_every_command_takes_json(cli):
    for command in ("train", "resume", "evaluate", "decode", "runs", "pretrained", "bench"):
        assert "--json" in cli(command, "--help").out, command
    for command in ("list", "get"):
        assert "--json" in cli("data", command, "--help").out, command


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (BrokenPipeError(), 0, ""),
        (OSError(5, "Input/output error"), 2, "Error: Input/output error."),
        (PermissionError(13, "Permission denied", "/a"), 2, "Error: /a: Permission denied."),
    ],
)
def test_what_the_system_refuses_is_one_sentence(cli, monkeypatch, error, code, words):
    def fail(**options):
        raise error

    monkeypatch.setattr(cli_module, "app", fail)
    answer = cli()
    assert answer.code == code
    assert answer.err.strip() == words


def test_a_defect_of_ours_is_not_hidden(cli, monkeypatch):
    def fail(**options):
        raise ValueError("ours")

    monkeypatch.setattr(cli_module, "app", fail)
    with pytest.raises(ValueError, match="ours"):
        cli()


def test_progress_on_a_terminal(monkeypatch, make_config, tmp_path, tiny):
    from rich.console import Console

    from vae.cli.progress import download_bar, recipe_bar, training_bar
    from vae.training.work import train_run

    monkeypatch.setattr(Console, "is_terminal", property(lambda self: True))
    consoles = []
    original = Console.__init__

    def record(self, *args, **options):
        original(self, *args, **options | {"record": True, "width": 120})
        consoles.append(self)

    monkeypatch.setattr(Console, "__init__", record)
    run = runs.create(make_config(), tmp_path)
    with training_bar(run) as on_report:
        train_run(run, on_report)
    assert "epoch 3/3  test" in consoles[-1].export_text()
    with download_bar("tiny") as on_progress:
        on_progress(500_000, 1_000_000)
    assert "0.5/1.0 MB" in consoles[-1].export_text()
    for name in ("digits-vae-2d", "nosuch"):
        with recipe_bar(name):
            pass
        assert name in consoles[-1].export_text()


# --- as a process


def test_as_a_process_from_training_to_a_picture(cli_process, tmp_path):
    settings = ("--dataset", "digits", "--epochs", 1, "--hidden", "16", "--device", "cpu")
    answer = cli_process("train", *settings, "--name", "p", "--out", "o", "--json")
    assert answer.code == 0, answer
    assert answer.json["name"] == "p"
    assert answer.err == ""
    assert [p.name for p in (tmp_path / "o").iterdir()] == ["p"]
    answer = cli_process("decode", "o/p", "--z", "-0.3,1.2", "--out", "x.png", "--json")
    assert answer.code == 0, answer
    assert Image.open(tmp_path / "x.png").size == (8, 8)


def test_as_a_process_it_refuses_without_traceback(cli_process):
    cli_process("train", "--dataset", "nosuch").check_refused("nosuch")
    cli_process("train", "--dataset", "digits", "--name", "../x").check_refused("'../x'")
    cli_process("evaluate", "nosuch", "--nosuch").check_refused("--nosuch")


def test_core_imports_where_streamlit_is_not_installed():
    code = """
import importlib, pkgutil, sys
sys.modules["streamlit"] = None  # importing it raises ImportError
import vae
names = [m.name for m in pkgutil.walk_packages(vae.__path__, "vae.", onerror=lambda name: None)
         if not m.name.startswith("vae.ui") and m.name != "vae.__main__"]
for name in names:
    importlib.import_module(name)
import json
print(json.dumps(names))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=process_env(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    names = json.loads(done.stdout)
    assert {
        "vae.cli.app",
        "vae.training.loop",
        "vae.training.work",
        "vae.data.registry",
        "vae.models.vae",
    } <= set(names)
