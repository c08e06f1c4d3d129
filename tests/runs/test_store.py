"""Runs on disk: making, finding, listing, renaming, deleting; who is alive."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from commands import process_env

from vae.config import RunConfig
from vae.errors import ConfigError, RunError
from vae.runs import Status, changes, claim, create, delete, list_runs, open_run, rename, store
from vae.storage.files import read_arrays, write_arrays
from vae.training.trainer import train_run


def test_a_new_run_is_its_config_queued(make_config, tmp_path):
    config = make_config("first")
    run = create(config, tmp_path / "deep" / "runs")
    assert run.directory == tmp_path / "deep" / "runs" / "first"
    assert {p.name for p in run.directory.iterdir()} == {"config.json", "status.json"}
    assert run.name == "first"
    assert run.config.model == config.model
    assert run.config.created == config.created
    assert {"python", "torch", "safetensors"} <= run.config.versions.keys()
    assert run.config.versions["numpy"] == np.__version__
    saved = json.loads((run.directory / "config.json").read_text())
    assert RunConfig.model_validate(saved) == run.config
    assert run.status() == Status(state="queued", epochs=3)
    assert not run.has_model
    assert run.epochs() == []
    assert run.evaluation() is None


def test_a_name_that_is_taken_is_refused_or_numbered(run, tmp_path):
    with pytest.raises(RunError, match="already a one"):
        create(run.config, tmp_path)
    numbered = [create(run.config, tmp_path, numbered=True) for _ in range(2)]
    assert [other.name for other in numbered] == ["one-2", "one-3"]
    assert [other.config.name for other in numbered] == ["one-2", "one-3"]


@pytest.mark.parametrize("name", ["studies", "Classifiers"])
def test_the_names_of_other_folders_beside_the_runs_are_refused_or_numbered(
    name, run, make_config, tmp_path
):
    with pytest.raises(RunError, match=f"no run can be called {name}"):
        create(make_config(name), tmp_path)
    with pytest.raises(RunError, match=f"no run can be called {name}"):
        rename(run, name)
    assert create(make_config(name), tmp_path, numbered=True).name == f"{name}-2"
    assert [one.name for one in list_runs(tmp_path)] != [name]
    assert not (tmp_path / name).exists()


def test_a_numbered_name_is_never_too_long(make_config, tmp_path):
    long = make_config("x" * 64)
    names = [create(long, tmp_path, numbered=True).config.name for _ in range(2)]
    assert names == ["x" * 64, "x" * 58 + "-2"]


def test_folders_that_cannot_be_are_refused(make_config, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="is a file"):
        create(make_config(), tmp_path / "file")
    with pytest.raises(RunError, match="cannot make"):
        create(make_config(), tmp_path / "file" / "below")


def test_status_round_trip(run):
    status = Status(state="failed", epoch=3, epochs=9, pid=5, pid_started=1.5, error="why")
    run.write_status(status)
    assert run.status() == status


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"state": "odd"}', b"\xff\xfe", None])
def test_a_damaged_status_is_told_by_the_other_files(run, trained, content):
    for one in (run, trained):
        path = one.directory / "status.json"
        path.unlink() if content is None else path.write_bytes(content)
    assert trained.status() == Status(state="done", epoch=3, epochs=3)
    if content is None:
        assert run.status() == Status(epochs=3), "a config alone is queued"
    else:
        status = run.status()
        assert (status.state, status.epoch, status.epochs) == ("interrupted", 0, 3)
        assert "cannot be read" in (status.error or "")


@pytest.mark.parametrize("missing", ["model.safetensors", "metrics.jsonl", "last epoch", "resume"])
def test_without_all_the_evidence_a_run_is_not_done(trained, missing):
    (trained.directory / "status.json").write_bytes(b"{")
    metrics = trained.directory / "metrics.jsonl"
    if missing == "last epoch":
        lines = [line for line in metrics.read_text().splitlines() if json.loads(line)["epoch"] < 3]
        metrics.write_text("\n".join(lines))
    elif missing == "resume":
        path = trained.directory / "resume.safetensors"
        write_arrays(path, read_arrays(path)[0] | {"epoch": np.array(2)})
    else:
        (trained.directory / missing).unlink()
    assert trained.status().state == "interrupted"


def create_and_be_killed(config, root):
    """Make a run in a process that ends without a word while it does."""
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from vae.runs import changes, store\n"
        "from vae.config import RunConfig\n"
        "write = store.write_atomic\n"
        "def killed(path, *args, **kwargs):\n"
        "    write(path, *args, **kwargs)\n"
        "    os._exit(9)\n"
        "store.write_atomic = killed\n"
        "changes.create(RunConfig.model_validate_json(sys.argv[1]), Path(sys.argv[2]))\n"
    )
    command = [sys.executable, "-c", code, config.to_json(), str(root)]
    return subprocess.run(command, env=process_env(), check=False).returncode


# --- a run is there whole, or its name is free


def test_a_kill_while_a_run_is_made_leaves_its_name_free(make_config, tmp_path):
    assert create_and_be_killed(make_config("first"), tmp_path) == 9
    (left,) = tmp_path.iterdir()
    assert list_runs(tmp_path) == []
    run = create(make_config("first"), tmp_path, numbered=True)
    assert run.name == "first"
    assert left.exists(), "it may be somebody's who is just making a run"
    for path in (left, *left.iterdir()):
        os.utime(path, (1, 1))
    create(make_config("second"), tmp_path)
    assert not left.exists()


def test_a_half_made_run_is_not_listed(make_config, tmp_path, monkeypatch):
    seen = []
    settle = changes.folders.settle

    def look(half, place):
        seen.append((len(list(half.iterdir())), list_runs(tmp_path)))
        return settle(half, place)

    monkeypatch.setattr("vae.storage.folders.settle", look)
    create(make_config("first"), tmp_path)
    assert seen == [(2, [])]


def test_an_empty_folder_blocks_no_name(run, make_config, tmp_path):
    (tmp_path / "first").mkdir()
    assert create(make_config("first"), tmp_path).config.name == "first"
    (tmp_path / "better").mkdir()
    assert rename(run, "better").config.name == "better"


def test_many_at_once_get_names_of_their_own(make_config, tmp_path):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: create(make_config(), tmp_path, numbered=True), range(16)))
    names = {"one", *(f"one-{number}" for number in range(2, 17))}
    assert {run.name for run in made} == {run.config.name for run in made} == names
    assert {path.name for path in tmp_path.iterdir()} == names


def test_one_of_two_that_take_a_name_at_once_is_refused(make_config, tmp_path, monkeypatch):
    monkeypatch.setattr("vae.storage.folders.is_free", lambda place: True)
    first = create(make_config(), tmp_path)
    with pytest.raises(RunError, match="already a one"):
        create(make_config(epochs=9), tmp_path)
    assert first.config.train.epochs == 3
    assert list(tmp_path.iterdir()) == [first.directory]


def test_config_is_read_again_when_it_changes(run):
    assert run.config.train.epochs == 3
    text = (run.directory / "config.json").read_text().replace('"epochs": 3', '"epochs": 4')
    (run.directory / "config.json").write_text(text)
    os.utime(run.directory / "config.json", ns=(1, 1))
    assert run.config.train.epochs == 4


def test_version_changes_with_the_weights(trained):
    before = trained.version
    assert trained.version == before
    os.utime(trained.directory / "model.safetensors", ns=(1, 1))
    assert trained.version != before


# --- finding and listing


def test_open_by_name_and_by_path(run, tmp_path, monkeypatch):
    assert open_run("one", tmp_path).directory == run.directory
    assert open_run(str(run.directory), tmp_path / "elsewhere").directory == run.directory
    monkeypatch.chdir(tmp_path)
    assert open_run("./one", tmp_path / "elsewhere").name == "one"


@pytest.mark.parametrize("name", ["nosuch", "", ".", "..", "x" * 300, "a/b", "one/config.json"])
def test_a_run_that_is_not_there_is_refused_with_those_that_are(run, tmp_path, name):
    with pytest.raises(RunError, match=r"there are one\."):
        open_run(name, tmp_path)


def test_without_runs_open_says_so(tmp_path):
    with pytest.raises(RunError, match="none yet"):
        open_run("any", tmp_path / "nosuch")


def test_list_has_shipped_first_then_the_newest(make_config, tmp_path):
    for age, name in enumerate(["new", "b-shipped", "old", "a-shipped"]):
        run = create(make_config(name), tmp_path)
        if "shipped" in name:
            config = run.config.model_copy(update={"shipped": True})
            (run.directory / "config.json").write_text(config.to_json())
        os.utime(run.directory / "config.json", (10**9 - age, 10**9 - age))
    assert [run.name for run in list_runs(tmp_path)] == ["a-shipped", "b-shipped", "new", "old"]


def test_many_runs_are_read_once(make_config, tmp_path, monkeypatch):
    for number in range(300):
        folder = tmp_path / f"run-{number}"
        folder.mkdir()
        (folder / "config.json").write_text(make_config(folder.name).to_json())
    read: list[Path] = []
    read_config = store.read_config
    monkeypatch.setattr(
        store, "read_config", lambda path: (read.append(path), read_config(path))[1]
    )
    assert len(list_runs(tmp_path)) == len(read) == 300
    os.utime(tmp_path / "run-7" / "config.json", (1, 1))
    for _ in range(2):
        assert list_runs(tmp_path)[-1].name == "run-7"
    assert read[300:] == [tmp_path / "run-7"]


def test_list_leaves_out_what_is_no_run(run, tmp_path):
    (tmp_path / "README.md").write_text("words")
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{")
    assert list_runs(tmp_path) == [run]
    assert list_runs(tmp_path / "nosuch") == []
    assert list_runs(tmp_path / "README.md") == []


def test_a_folder_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("vae.runs.store.os.listdir", refuse)
    with pytest.raises(RunError, match=r"cannot read .*Permission denied"):
        list_runs(tmp_path)


# --- renaming, deleting, shipped runs


def test_rename_moves_the_run_and_its_config(trained, tmp_path):
    files = {p.name for p in trained.directory.iterdir()}
    renamed = rename(trained, "better.name_2")
    assert renamed.directory == trained.directory.with_name("better.name_2")
    assert renamed.config.name == "better.name_2"
    assert not trained.directory.exists()
    assert {p.name for p in renamed.directory.iterdir()} == files
    assert renamed.status().state == "done"
    assert [run.name for run in list_runs(tmp_path / "checkpoints")] == ["better.name_2"]


@pytest.mark.parametrize("name", ["../x", "", "a/b", "..", "x" * 65])
def test_rename_takes_good_names_only(run, name):
    with pytest.raises(ConfigError):
        rename(run, name)
    assert run.directory.is_dir()


def test_rename_never_replaces(run, make_config, tmp_path):
    create(make_config("two"), tmp_path)
    with pytest.raises(RunError, match="already a two"):
        rename(run, "two")
    with pytest.raises(RunError, match="already a one"):
        rename(run, "one")


def test_delete_removes_the_run_and_nothing_else(run, make_config, tmp_path):
    other = create(make_config("two"), tmp_path)
    delete(run)
    assert not run.directory.exists()
    assert list_runs(tmp_path) == [other]


@pytest.mark.parametrize("action", [delete, lambda run: rename(run, "other")])
def test_a_worker_that_claims_in_the_same_instant_waits(run, monkeypatch, action):
    look = changes._refuse_if_kept
    with ThreadPoolExecutor(1) as pool:
        claims = []

        def look_and_be_late(it, what):
            look(it, what)
            if not claims:
                claims.append(pool.submit(claim, run))
                time.sleep(0.3)  # Time enough to claim it, if nothing held it back.

        monkeypatch.setattr(changes, "_refuse_if_kept", look_and_be_late)
        renamed = action(run)
        assert isinstance(claims[0].exception(), RunError)
    assert not run.directory.exists()
    if renamed is not None:
        assert renamed.status().state == "queued"


def test_a_deletion_that_was_broken_off_is_no_run(run, make_config, tmp_path, monkeypatch):
    def killed(path):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("vae.runs.changes.shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            delete(run)
    assert list_runs(tmp_path) == []
    assert create(make_config(), tmp_path).name == "one"


@pytest.mark.parametrize(
    ("place", "action", "words"),
    [
        ("pathlib.Path.rename", lambda run: rename(run, "two"), "cannot rename"),
        ("vae.runs.changes.shutil.rmtree", delete, "cannot delete"),
    ],
)
def test_what_fails_says_why(run, monkeypatch, place, action, words):
    def refuse(*args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(place, refuse)
    with pytest.raises(RunError, match=words):
        action(run)
    assert run.directory.is_dir() == (words == "cannot rename"), "what is deleted is out of sight"


def test_shipped_runs_are_read_only(shipped):
    before = {p: p.read_bytes() for p in shipped.directory.iterdir()}
    for what, action in (
        ("resumed", train_run),
        ("resumed", claim),
        ("deleted", delete),
        ("renamed", lambda it: rename(it, "mine")),
    ):
        with pytest.raises(RunError, match=f"read-only: it cannot be {what}"):
            action(shipped)
    assert {p: p.read_bytes() for p in shipped.directory.iterdir()} == before


def test_config_of_a_run_that_was_removed_is_an_error_in_words(run):
    delete(run)
    with pytest.raises(RunError, match="is no run"):
        _ = run.config
    assert run.version
