"""The benches run, name what they measure, and refuse what they do not know."""

import pytest
import torch

from vae import bench
from vae.bench import reference, serving, training
from vae.data import ImageData, Split, load, status
from vae.errors import ConfigError, DataError, TrainingError


@pytest.fixture
def lines():
    return []


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """Tiny products gain nothing from threads, and lose much beside a busy neighbour."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def few_digits():
    data = load("digits")
    parts = (Split(part.images[:256], part.labels[:256]) for part in (data.train, data.test))
    return ImageData(data.name, data.shape, data.class_names, *parts)


def test_unknown_bench_is_one_sentence_with_the_names(lines):
    with pytest.raises(ConfigError) as error:
        bench.run_benches(["decode", "warp"], lines.append)
    assert "'warp'" in str(error.value)
    assert all(name in str(error.value) for name in bench.BENCHES)
    assert "\n" not in str(error.value)
    assert lines == []  # nothing ran before


def test_usual_benches_are_registered_and_leave_out_the_long_one():
    assert set(bench.USUAL) < set(bench.BENCHES)
    assert "init" in bench.BENCHES
    assert "init" not in bench.USUAL


def test_no_names_run_the_usual_ones_in_order(monkeypatch, lines):
    ran = []

    def fake(name):
        def run(echo):
            ran.append(name)
            return {}

        return run

    monkeypatch.setattr(bench, "BENCHES", {name: fake(name) for name in bench.BENCHES})
    found = bench.run_benches([], lines.append)
    assert tuple(ran) == bench.USUAL
    assert set(found) == {"machine", *bench.USUAL}
    assert found["machine"]["cores"] >= 1
    bench.run_benches(["init", "init"], lines.append)
    assert ran[len(bench.USUAL) :] == ["init"]


def test_epoch_against_the_usual_script(lines):
    found = training.epoch(
        lines.append, dataset="digits", hidden=16, latent_dim=2, device="cpu", epochs=3, rounds=1
    )
    assert found["ours_s"] > 0
    assert found["ratio"] == pytest.approx(found["ours_s"] / found["reference_s"])
    assert found["reference_train_s"] < found["reference_s"]
    assert not found["random_pictures"]
    assert found["others_cores"] >= 0
    assert "round 1" in lines[0]
    assert "medians" in lines[-1]


def test_a_command_that_fails_is_one_sentence(tmp_path):
    with pytest.raises(TrainingError, match=r"exit code 2: Error: .*512,x"):
        training._ours(tmp_path, ["--dataset", "digits", "--hidden", "512,x"])


def test_the_usual_script_learns():
    data = few_digits()
    short = reference.measure(data, epochs=1, hidden=32, latent_dim=2, device="cpu")
    longer = reference.measure(data, epochs=6, hidden=32, latent_dim=2, device="cpu")
    assert len(longer["train_s"]) == len(longer["test_s"]) == 6
    assert longer["test_loss"] < short["test_loss"]


def test_random_pictures_stand_in_for_a_missing_set(tmp_path, monkeypatch, lines):
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path))
    with training.image_folder("mnist", lines.append) as (folder, stand_in):
        assert stand_in
        assert status("mnist", folder).ready
        data = load("mnist", folder)
        assert len(data.train) == 60_000
        assert 20 < data.test.images.float().mean() < 40
    assert not folder.exists()
    assert "random pictures" in lines[0]
    with pytest.raises(DataError):
        training.initialisation(lines.append)


def test_initialisations_differ_and_are_reported(lines):
    found = training.initialisation(
        lines.append, dataset="digits", hidden=(16,), latent_dims=(2,), seeds=(0, 1), epochs=(1, 2)
    )
    assert {row["init"] for row in found["figures"]} == {"torch", "lecun", "he"}
    assert len(found["figures"]) == 6
    assert len({row["mean"] for row in found["figures"]}) == 6
    assert all(len(row["values"]) == 2 for row in found["figures"])


def test_decode_and_evaluate(lines):
    decoded = serving.decode(lines.append, seconds=0.01)
    assert set(decoded) == {"mlp", "conv"}
    assert all(figure > 0 for arch in decoded.values() for figure in arch.values())
    evaluated = serving.evaluate(lines.append, dataset="digits")
    assert evaluated["d2"]["seconds"] > 0
    assert evaluated["d20"]["encode_ms"] > 0


def test_imports_of_the_explore_page(lines):
    script = serving.explore_imports()
    assert "import streamlit as st" in script
    assert "from vae.ui" in script
    found = serving.import_time(lines.append, repeats=1)
    assert found["explore_s"] > 0
