"""Every command: what it prints, what it writes, and how it refuses."""

import json
import subprocess
import sys

import pytest
from commands import ROOT, process_env
from PIL import Image

from vae import runs
from vae.analysis.embeddings import settings
from vae.cli import app as cli_module
from vae.data import DATASETS
from vae.runs import Run
from vae.runs.files import EMBEDDINGS_FILE
from vae.training.recipes import RECIPES

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
    made = Run(tmp_path / "made" / "tiny-2d")
    assert made.config.shipped
    # Its codes are laid out as well.
    path = made.directory / EMBEDDINGS_FILE
    path.unlink()
    monkeypatch.setitem(settings._PACKAGES, "umap", ("no-such-package",))
    again = cli("embed", "--out", "made", "--json")
    assert again.json == {"tiny-2d": ["tsne"]}
    assert "UMAP is not installed here" in again.err
    assert path.exists()
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
        answer = cli(command, "--help")
        assert answer.code == 0
        assert ("--json" in answer.out) == (command != "data"), command
    for command in ("list", "get", "add", "remove"):
        assert "--json" in cli("data", command, "--help").out, command
    train = " ".join(cli("train", "--help").out.split())
    assert "[1 to 1024]" in train
    for args in ([], ["data"]):
        alone = cli(*args)
        assert alone.code == 2
        assert alone.err.startswith("Usage")
        assert "Traceback" not in alone.err
    cli("nosuch").check_refused("nosuch")
    cli("data", "nosuch").check_refused("nosuch")


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
    from vae.training.trainer import train_run

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
        "vae.training.trainer",
        "vae.data.registry",
        "vae.models.vae",
    } <= set(names)
