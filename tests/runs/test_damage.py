"""Damaged files of a run: each reader leaves them out or says so in a sentence; none hangs."""

import json
import os

import numpy as np
import pytest

from vae.errors import RunError
from vae.runs import create, list_runs
from vae.storage.files import read_arrays, read_json, write_arrays

TERMS = {"loss": 3.0, "recon_loss": 2.0, "kl": 1.0, "penalty": None}
STEP = {"kind": "step", "epoch": 4, "steps_per_epoch": 9, "seconds": 1.5, "train": TERMS, "step": 2}
EPOCH = {key: value for key, value in STEP.items() if key != "step"} | {
    "kind": "epoch",
    "test": TERMS,
    "hidden": [8, 4],
}
FIGURES = {
    "elbo": -3.0,
    "recon_loss": 2.0,
    "kl": 1.0,
    "mse": 0.07,
    "active_units": 2,
    "knn_accuracy": 0.5,
    "binary": None,
    "not_applicable": {"binary": "why"},
}
NOT_JSON = [b"", b"{", b"[" * 200_000, b"1" * 5000, b'{"epoch": ' + b"1" * 5000 + b"}", b"\xff\xfe"]
LARGE = "1" + "0" * 400


def without(whole, name):
    return {key: value for key, value in whole.items() if key != name}


@pytest.mark.parametrize("line", [STEP, EPOCH, without(EPOCH, "hidden"), STEP | {"more": 1}])
def test_a_whole_report_counts(trained, line):
    path = trained.directory / "metrics.jsonl"
    path.write_text(json.dumps(line) + "\n")
    assert trained.metrics() == [line]


@pytest.mark.parametrize(
    "line",
    [
        *NOT_JSON,
        b"[]",
        *(without(EPOCH, name) for name in EPOCH if name != "hidden"),
        *(without(STEP, name) for name in STEP),
        EPOCH | {"test": {"loss": 1.0}},
        EPOCH | {"test": TERMS | {"kl": "1"}},
        EPOCH | {"hidden": 3},
        EPOCH | {"hidden": [None]},
        EPOCH | {"kind": "other"},
        EPOCH | {"seconds": float("nan")},
        EPOCH | {"epoch": True},
        EPOCH | {"steps_per_epoch": 0},
        STEP | {"train": None},
        STEP | {"train": TERMS | {"loss": float("inf")}},
        STEP | {"train": TERMS | {"loss": int(LARGE)}},
        STEP | {"step": -1},
        STEP | {"epoch": int(LARGE)},
    ],
)
def test_a_line_that_is_no_report_is_left_out(trained, line):
    path = trained.directory / "metrics.jsonl"
    good = trained.metrics()
    with path.open("ab") as file:
        file.write((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n")
    assert trained.metrics() == good


@pytest.mark.parametrize(
    "content",
    [
        *NOT_JSON,
        b"[1]",
        b'{"mse": 0.07}',
        *(without(FIGURES, name) for name in ("elbo", "recon_loss", "kl", "mse", "active_units")),
        FIGURES | {"mse": None},
        FIGURES | {"mse": "0.07"},
        FIGURES | {"kl": float("nan")},
        FIGURES | {"binary": [1]},
        FIGURES | {"binary": {"elbo": "x"}},
        FIGURES | {"not_applicable": "no"},
        FIGURES | {"not_applicable": {"kl": 1}},
    ],
)
def test_figures_that_are_not_whole_count_as_not_measured(trained, content):
    whole = content if isinstance(content, bytes) else json.dumps(content).encode()
    (trained.directory / "evaluation.json").write_bytes(whole)
    assert trained.evaluation() is None


def test_an_evaluation_counts_while_it_is_newer_than_the_weights(trained):
    path = trained.directory / "evaluation.json"
    path.write_text(json.dumps(FIGURES))
    assert trained.evaluation() == FIGURES
    os.utime(path, (1, 1))
    assert trained.evaluation() is None


def test_an_evaluation_of_a_shipped_run_counts_always(shipped):
    # Git keeps no times.
    path = shipped.directory / "evaluation.json"
    path.write_text(json.dumps(FIGURES))
    os.utime(path, (1, 1))
    assert shipped.evaluation() == FIGURES


@pytest.mark.parametrize(
    "content",
    [
        *NOT_JSON,
        b'{"state": "done", "epoch": -1}',
        b'{"state": "running", "pid": -4}',
        b'{"state": "queued", "queued_at": 1e999}',
        f'{{"state": "running", "epoch": {LARGE}}}'.encode(),
        f'{{"state": "running", "pid": {LARGE}, "pid_started": 1}}'.encode(),
    ],
)
def test_a_status_out_of_bounds_is_told_by_the_other_files(trained, content):
    (trained.directory / "status.json").write_bytes(content)
    assert trained.status().state == "done"


@pytest.mark.parametrize("content", NOT_JSON)
def test_a_damaged_config_leaves_one_run_out(trained, make_config, content):
    other = create(make_config("two"), trained.directory.parent)
    (trained.directory / "config.json").write_bytes(content)
    assert list_runs(trained.directory.parent) == [other]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes among the files here")
@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["pipe", "endless", "folder"])
def test_what_is_no_file_is_not_read(trained, kind):
    for path in list(trained.directory.iterdir()):
        path.unlink()
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "endless":
            path.symlink_to("/dev/zero")
        else:
            path.mkdir()
    assert list_runs(trained.directory.parent) == []
    assert trained.metrics() == []
    for read in (trained.codes, trained.pictures, lambda: trained.config):
        with pytest.raises(RunError):
            read()
    with pytest.raises(RunError, match=r"codes.safetensors is damaged"):
        read_arrays(trained.directory / "codes.safetensors")
    with pytest.raises(RunError, match="cannot be read"):
        read_json(trained.directory / "status.json")


def test_a_json_file_is_one_object_with_its_keys(tmp_path):
    path = tmp_path / "some.json"
    with pytest.raises(RunError, match="is missing"):
        read_json(path)
    path.write_text('{"a": 1}')
    assert read_json(path, ("a",)) == {"a": 1}
    with pytest.raises(RunError, match="does not hold"):
        read_json(path, ("a", "b"))
    path.write_text("[1]")
    with pytest.raises(RunError, match="does not hold"):
        read_json(path)
    path.write_bytes(b" " * 17_000_000 + b"{}")
    with pytest.raises(RunError, match="too large"):
        read_json(path)


def damaged_codes():
    """Return what is done to whole arrays, by name."""

    def put(**arrays):
        return lambda whole: whole | {name: make(whole) for name, make in arrays.items()}

    def infinite(whole):
        mu = whole["mu"].copy()
        mu[3] = np.inf
        return mu

    return {
        "no mu": lambda whole: without(whole, "mu"),
        "no label": lambda whole: without(whole, "label"),
        "no epochs": lambda whole: without(whole, "epochs"),
        "empty": lambda whole: {name: array[:0] for name, array in whole.items()},
        "flat mu": put(mu=lambda whole: whole["mu"].ravel()),
        "one number": put(mu=lambda whole: np.float32(1)),
        "other size": put(mu=lambda whole: np.repeat(whole["mu"], 2, 1)),
        "whole mu": put(mu=lambda whole: whole["mu"].astype(np.int32)),
        "boolean mu": put(mu=lambda whole: whole["mu"] > 0),
        "infinite mu": put(mu=infinite),
        "too large mu": put(mu=lambda whole: whole["mu"].astype(np.float64) * 0 + 1e300),
        "short logvar": put(logvar=lambda whole: whole["logvar"][:5]),
        "nan logvar": put(logvar=lambda whole: whole["logvar"] * np.nan),
        "short label": put(label=lambda whole: whole["label"][:5]),
        "broken label": put(label=lambda whole: whole["label"].astype(np.float32)),
        "square label": put(label=lambda whole: whole["label"][:, None]),
        "short epochs": put(epochs=lambda whole: whole["epochs"][:1]),
        "square epochs": put(epochs=lambda whole: whole["epochs"][:, None]),
        "broken epochs": put(epochs=lambda whole: whole["epochs"].astype(np.float32)),
        "flat history": put(history=lambda whole: whole["history"][:, 0]),
        "wide history": put(history=lambda whole: np.repeat(whole["history"], 2, 2)),
        "nan history": put(history=lambda whole: whole["history"] * np.float16(np.nan)),
        "flat indices": put(indices=lambda whole: whole["label"]),
    }


@pytest.mark.parametrize("damage", damaged_codes().items(), ids=lambda item: item[0])
def test_damaged_codes_are_named(trained, damage):
    path = trained.directory / "codes.safetensors"
    write_arrays(path, damage[1](trained.codes()))
    with pytest.raises(RunError, match=r"codes.safetensors is damaged \(.+\): restore"):
        trained.codes()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("samples", lambda array: array[:1]),
        ("samples", lambda array: array[:, 0]),
        ("test_recon", lambda array: array.astype(np.float32)),
        ("train_recon", lambda array: array[..., :-1]),
        ("epochs", lambda array: array.astype(np.float32)),
        ("epochs", lambda array: array[0]),
    ],
)
def test_damaged_pictures_are_named(trained, name, change):
    path = trained.directory / "pictures.safetensors"
    whole = trained.pictures()
    write_arrays(path, whole | {name: change(whole[name])})
    with pytest.raises(RunError, match=r"pictures.safetensors is damaged"):
        trained.pictures()
    write_arrays(path, without(whole, name))
    with pytest.raises(RunError, match=r"pictures.safetensors is damaged"):
        trained.pictures()
