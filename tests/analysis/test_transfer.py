"""A model as a zip, taken in elsewhere: whole and as it was, or refused in a sentence."""

import io
import json
import shutil
import stat
import zipfile

import numpy as np
import pytest
from own_images import as_zip
from paths import SHIPPED

from vae.analysis.embeddings import finished
from vae.analysis.transfer import FILES, import_run, zip_run
from vae.errors import UserError
from vae.measures import report
from vae.runs import Run, list_runs
from vae.runs.checkpoint import load_model
from vae.storage import archive
from vae.storage.files import read_arrays, write_arrays
from vae.training.recipes import RECIPES

Files = dict[str, bytes]


def unpacked(content: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        return {name.partition("/")[2]: zipped.read(name) for name in zipped.namelist()}


def same(one: Run, other: Run) -> None:
    ours, theirs = load_model(one.directory), load_model(other.directory)
    for name, tensor in ours.state_dict().items():
        np.testing.assert_array_equal(tensor, theirs.state_dict()[name])
    for read in (Run.codes, Run.pictures):
        found = read(other)
        assert all(np.array_equal(array, found[name]) for name, array in read(one).items())
    assert one.metrics() == other.metrics()
    assert one.evaluation() == other.evaluation()


@pytest.mark.parametrize("name", RECIPES)
def test_shipped_models_come_back_as_ones_own(name, tmp_path):
    run = Run(SHIPPED / name)
    taken = import_run(io.BytesIO(zip_run(run)), root=tmp_path)
    same(run, taken)
    assert (taken.name, taken.config.shipped, taken.status().state) == (name, False, "done")
    assert taken.config.model_copy(update={"shipped": True}) == run.config
    assert report.read(taken) == report.read(run) is not None


@pytest.fixture
def content(trained) -> Files:
    report.write_standard(
        trained, json.loads((SHIPPED / "mnist-vae-2d/evaluation.json").read_text())
    )
    finished.make(trained)
    return unpacked(zip_run(trained))


@pytest.fixture
def refused(tmp_path):
    """Offer a zip, which is refused with some words in one sentence and leaves nothing."""

    def offer(files: Files | io.BytesIO, *words: str, name: str | None = None) -> None:
        root = tmp_path / "elsewhere"
        source = files if isinstance(files, io.BytesIO) else as_zip(files)
        with pytest.raises(UserError) as caught:
            import_run(source, name, root, source_name="model.zip")
        text = str(caught.value)
        assert all(word in text for word in words), text
        assert "\n" not in text
        assert ".half" not in text
        assert not root.exists() or not list(root.iterdir())

    return offer


def test_names_of_ones_own_and_those_that_are_taken(trained, content, tmp_path):
    root = tmp_path / "elsewhere"
    first = import_run(as_zip(content), root=root)
    # A zip made by hand of the folder holds more, and may hold a system's own files.
    by_hand = {f"x/{name}": data for name, data in content.items()}
    by_hand |= {"x/status.json": b"?", "x/log.txt": b"", "__MACOSX/x/._config.json": b"?"}
    second = import_run(as_zip(by_hand), root=root)
    third = import_run(as_zip(content), "mine", root)
    assert [run.name for run in (first, second, third)] == ["one", "one-2", "mine"]
    for run in (first, second, third):
        same(trained, run)
        assert run.config.name == run.name
    assert len(list_runs(root)) == 3
    for name, words in (("mine", "already a mine"), ("a b", "cannot name"), ("studies", "studies")):
        with pytest.raises(UserError, match=words):
            import_run(as_zip(content), name, root)
    assert {path.name for path in root.iterdir()} == {"one", "one-2", "mine"}


def test_a_run_stopped_on_its_way_says_so(trained, tmp_path):
    config = trained.config.model_copy(
        update={"train": trained.config.train.model_copy(update={"epochs": 9})}
    )
    (trained.directory / "config.json").write_text(config.to_json())
    status = import_run(io.BytesIO(zip_run(trained)), root=tmp_path / "elsewhere").status()
    assert (status.state, status.epoch, status.epochs) == ("cancelled", 3, 9)


def test_what_still_trains_or_has_no_weights_is_not_taken_away(trained, monkeypatch):
    status = trained.status()
    trained.write_status(status.model_copy(update={"state": "queued", "queued_at": 1.0}))
    with pytest.raises(UserError, match="one is still training"):
        zip_run(trained)
    trained.write_status(status)
    real = Run.evaluation

    def changes(run: Run):
        (run.directory / "model.safetensors").touch()
        return real(run)

    with monkeypatch.context() as patched:
        patched.setattr(Run, "evaluation", changes)
        report.write_standard(trained, {})
        with pytest.raises(UserError, match="has changed meanwhile"):
            zip_run(trained)
    # Figures of other weights stay where they are.
    assert "evaluation.json" not in unpacked(zip_run(trained))
    (trained.directory / "model.safetensors").unlink()
    with pytest.raises(UserError, match="has no weights yet"):
        zip_run(trained)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_what_is_missing(name, content, refused):
    refused({key: data for key, data in content.items() if key != name}, f"holds no {name}")


@pytest.mark.parametrize(
    "path", ["extra.bin", "model.pt", "a/b/config.json", "other/codes.safetensors", "x/config.json"]
)
def test_files_that_are_no_models(path, content, refused):
    refused(content | {path: b"x"}, "model.zip holds", path, "no file of a model")


@pytest.mark.parametrize("path", ["../config.json", "/etc/config.json", "C:/x", "a\\..\\..\\x"])
def test_places_outside(path, content, refused):
    refused(content | {path: b"x"}, "place outside itself")


def test_names_of_strangers_are_letters_alone(content, refused):
    refused(content | {"![a](b)": b"x"}, "holds __a__b_,")


def test_links_and_bombs(content, refused, monkeypatch):
    buffer = as_zip({key: data for key, data in content.items() if key != "codes.safetensors"})
    info = zipfile.ZipInfo("codes.safetensors")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(buffer, "a") as zipped:
        zipped.writestr(info, "/etc/passwd")
    refused(buffer, "holds a link")
    bomb = as_zip(content | {"codes.safetensors": bytes(30 * 2**20)})
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 20 * 2**20)
    refused(bomb, "unpacks to 30 MB")
    monkeypatch.setattr(archive, "_check_entries", lambda entries, shown: None)
    refused(bomb, "more than it says")
    refused(content | {"config.json": b" " * 10**6 + content["config.json"]}, "too long")


def test_damage_in_each_file(content, refused, tmp_path):
    config = json.loads(content["config.json"])
    assert content.keys() == FILES.keys() - {"measures.json"}
    for name, data in (content | {"measures.json": b"{}"}).items():
        refused(content | {name: data[: len(data) // 2] + b"{"}, name, "model.zip")
    for key, value in (("schema_version", 2), ("extra", 1), ("name", "../x"), ("train", {"lr": 9})):
        changed = content | {"config.json": json.dumps({**config, key: value}).encode()}
        refused(changed, "config.json", key)
    for key, value in (("created", "![x](//x)"), ("versions", {"torch": "$x$"}),
                       ("data", {"dataset": "[x](//x)"})):  # fmt: skip
        changed = content | {"config.json": json.dumps({**config, key: value}).encode()}
        refused(changed, "config.json", "no run says")
    model = {**config["model"], "latent_dim": 7}
    refused(content | {"config.json": json.dumps({**config, "model": model}).encode()},
            "model.safetensors", "do not fit")  # fmt: skip
    model = {**config["model"], "family": "gan"}
    refused(content | {"config.json": json.dumps({**config, "model": model}).encode()}, "gan")
    refused(content | {"metrics.jsonl": b'{"kind": "epoch"}\n'}, "metrics.jsonl", "no report")
    refused(content | {"evaluation.json": b"{}"}, "evaluation.json", "no figures")
    path = tmp_path / "codes"
    path.write_bytes(content["codes.safetensors"])
    arrays, about = read_arrays(path)
    write_arrays(path, {**arrays, "mu": arrays["mu"] * np.float32(np.nan)}, about)
    refused(content | {"codes.safetensors": path.read_bytes()}, "codes.safetensors", "finite")
    refused(io.BytesIO(as_zip(content).getvalue()[:-40]), "no whole zip file")


def test_commands(cli, trained, tmp_path):
    answer = cli("export", trained.directory, "--out", "out/one.zip", "--command", "--json")
    assert answer.code == 0, answer
    assert answer.json["command"].startswith("python -m vae train --hidden 8")
    shutil.move(tmp_path / "out/one.zip", tmp_path / "there.zip")
    answer = cli("import", "there.zip", "--name", "two", "--out", "elsewhere", "--json")
    assert answer.json["name"] == "two"
    same(trained, Run(tmp_path / "elsewhere/two"))
    again = cli("import", "there.zip", "--name", "two", "--out", "elsewhere")
    again.check_refused("already a two")
    cli("import", "nowhere.zip").check_refused("nothing at nowhere.zip")
    for place in ("nets", "nets.zip"):
        answer = cli("export", trained.directory, "--onnx", place)
        assert answer.out == f"{place}: encoder and decoder of one\n"
    nets = {path.name: path.read_bytes() for path in (tmp_path / "nets").iterdir()}
    assert unpacked((tmp_path / "nets.zip").read_bytes()) == nets
    assert set(nets) == {"encoder.onnx", "decoder.onnx"}
    discrete = cli("export", SHIPPED / "mnist-vqvae", "--onnx", "vq")
    discrete.check_refused("discrete")
    cli("export", trained.directory).check_refused("say what to write")
