"""The registry of measures, and their report on disk and on the command line."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from small_models import untrained

from vae.data import ImageData, Split
from vae.errors import RunError
from vae.measures import GROUPS, MEASURES, Subject, labels
from vae.measures.base import NEEDS
from vae.measures.report import keep, measure, measure_run, path_of, read
from vae.measures.words import detail_words, value_words
from vae.models import FAMILIES

NAMES = list(FAMILIES)
pytestmark = pytest.mark.usefixtures("one_thread")
WITHOUT_POSTERIOR = ("ae", "sparse-ae", "denoising-ae", "contractive-ae", "vq-vae")
OF_POSTERIOR = [name for name, kind in MEASURES.items() if "posterior" in kind.needs]


# --- the registry and the report


def test_each_measure_says_what_it_counts_and_when_not_to_trust_it():
    for measure_ in MEASURES.values():
        assert measure_.title
        assert measure_.unit
        assert measure_.caution.endswith(".")
        assert measure_.group in GROUPS
        assert set(measure_.needs) <= NEEDS.keys()


@pytest.mark.parametrize("family", NAMES)
def test_every_family_has_each_figure_or_the_reason_why_not(family, few_digits, tmp_path):
    told = []
    model = untrained(family)
    subject = Subject(model, few_digits, num_samples=2, classifiers=tmp_path)
    found = measure(subject, lambda doing, share: told.append(share))
    json.dumps(found, allow_nan=False)
    reasons = found["not_applicable"]
    for name in MEASURES:
        assert (found[name] is None) == (name in reasons), name
        assert reasons.get(name, "A.").endswith(".")
    missing = OF_POSTERIOR if family in WITHOUT_POSTERIOR else []
    assert set(missing) <= reasons.keys()
    assert {"mig", "frechet_distance"} <= reasons.keys()
    assert "classifier train --dataset digits" in reasons["frechet_distance"]
    assert ("log_likelihood" in reasons) == (family in WITHOUT_POSTERIOR)
    if not model.has_prior:
        assert "no prior" in reasons["log_likelihood"]
        assert {"elbo", "kl"} <= reasons.keys()
    assert told == sorted(told)
    assert told[-1] == 1
    assert found["knn_accuracy"] == subject.standard["knn_accuracy"]


def test_gaussian_pixels_have_no_bits(noise):
    subject = Subject(untrained("vae", likelihood="gaussian"), noise, num_samples=2)
    found = measure(subject)
    assert found["log_likelihood"] is not None
    assert found["bits_per_dim"] is None
    assert "density" in found["not_applicable"]["bits_per_dim"]


def test_images_of_one_class_have_nothing_to_tell_apart(noise):
    alone = Split(noise.test.images[:6], torch.zeros(6, dtype=torch.int64))
    found = measure(Subject(untrained("vae"), replace(noise, train=alone, test=alone), 2))
    for name in ("knn_accuracy", "linear_probe", "linear_probe_100", "silhouette"):
        assert found[name] is None
        assert "one class" in found["not_applicable"][name]


def test_a_single_test_image_gives_no_nan(noise):
    found = measure(Subject(untrained("vae"), replace(noise, test=noise.test[:1]), 2))
    json.dumps(found, allow_nan=False)
    assert found["log_likelihood"] is not None
    assert found["details"]["log_likelihood"]["standard_error"] is None


def test_a_figure_that_is_not_finite_is_none_with_a_reason(noise, monkeypatch):
    broken = replace(MEASURES["silhouette"], function=lambda s: labels.MeasureValue(math.inf))
    monkeypatch.setitem(MEASURES, "silhouette", broken)
    found = measure(Subject(untrained("vae"), noise, 2))
    assert found["silhouette"] is None
    assert "finite" in found["not_applicable"]["silhouette"]


def test_a_classifier_of_other_images_is_a_reason(judged):
    data = ImageData("digits", (1, 4, 4), ("a", "b"), judged.data.train, judged.data.test)
    reason = NEEDS["classifier"](replace(judged, data=data))
    assert "another shape" in reason


def test_twice_gives_the_same(noise):
    model = untrained("vae")
    torch.manual_seed(1)
    first = measure(Subject(model, noise, 3))
    torch.manual_seed(2)
    assert measure(Subject(model, noise, 3)) == first


# --- on disk and on the command line


def test_figures_are_kept_until_the_weights_change(trained):
    assert read(trained) is None
    measured = measure_run(trained, 2)
    keep(trained, measured)
    assert read(trained) == measured.figures
    assert trained.evaluation() == measured.standard
    path = trained.directory / "model.safetensors"
    path.write_bytes(path.read_bytes() + b" ")
    assert read(trained) is None
    path_of(trained).write_text("[1, 2]")
    assert read(trained) is None
    path_of(trained).unlink()
    path.unlink()
    assert read(trained) is None


def test_weights_that_have_not_changed_are_read_once(trained, monkeypatch):
    keep(trained, measure_run(trained, 2))
    weights, seen = trained.directory / "model.safetensors", []
    read_bytes = Path.read_bytes

    def counted(path):
        seen.append(path)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", counted)
    found = [read(trained) for _ in range(5)]
    assert None not in found
    assert seen.count(weights.resolve()) <= 1
    weights.write_bytes(read_bytes(weights) + b" ")
    assert read(trained) is None


def test_a_shipped_run_stays_as_it_is(shipped):
    before = {p: p.read_bytes() for p in shipped.directory.iterdir()}
    measured = measure_run(shipped, 2)
    keep(shipped, measured)
    assert {p: p.read_bytes() for p in shipped.directory.iterdir()} == before
    assert read(shipped) == measured.figures


@pytest.mark.parametrize(
    "change",
    [
        {"details": None},
        {"details": {"log_likelihood": 3}},
        {"not_applicable": [1]},
        {"not_applicable": {"silhouette": None}},
        {"log_likelihood": "-90"},
        {"log_likelihood": math.inf},
        {"kl_per_dim": [1.0, None, "2"]},
        {"elbo_std_by_samples": {"1": [2.0]}},
        {"silhouette": True},
    ],
)
def test_figures_that_were_edited_count_as_not_measured(trained, change):
    keep(trained, measure_run(trained, 2))
    path = trained.directory / "measures.json"
    kept = json.loads(path.read_text())
    assert read(trained) == kept["figures"]
    path.write_text(json.dumps(kept | {"figures": kept["figures"] | change}))
    assert read(trained) is None
    path.write_text("[" * 200_000)
    assert read(trained) is None


def test_a_folder_that_cannot_be_written_is_a_sentence(trained, monkeypatch):
    measured = measure_run(trained, 2)

    def full(*args):
        raise OSError(28, "No space left on device", "measures.json")

    monkeypatch.setattr("vae.storage.files.os.replace", full)
    with pytest.raises(RunError, match=r"measures.json cannot be written \(No space left"):
        keep(trained, measured)


def test_evaluate_in_full(cli, trained):
    found = cli("evaluate", "one", "--full", "--samples", "3", "--json").json
    assert MEASURES.keys() | {"elbo", "binary", "family", "details"} <= found.keys()
    assert found["details"]["log_likelihood"]["num_samples"] == 3
    assert read(trained)["log_likelihood"] == found["log_likelihood"]
    words = cli("evaluate", "one", "--samples", "2").out  # asks for all of them by itself
    assert "K = 2" in words
    assert "standard error" in words
    assert "n/a" in words
    assert "log_likelihood" not in cli("evaluate", "one").out


def test_evaluate_in_full_refuses(cli, trained, monkeypatch):
    cli("evaluate", "one", "--samples", "0").check_refused("at least one sample")
    cli("evaluate", "one", "--samples", "5001").check_refused("at most 5,000")
    cli("evaluate", "one", "--samples", "many").check_refused("samples")
    whole = (trained.directory / "model.safetensors").read_bytes()
    (trained.directory / "model.safetensors").write_bytes(whole[:50])
    cli("evaluate", "one", "--full").check_refused("damaged")
    (trained.directory / "model.safetensors").unlink()
    cli("evaluate", "one", "--full").check_refused("no weights yet")


def test_evaluate_in_full_shows_what_cannot_be_kept(cli, trained, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device", "measures.json")

    monkeypatch.setattr("vae.storage.files.os.replace", full)
    answer = cli("evaluate", "one", "--full", "--samples", "2", "--json")
    assert answer.code == 2, "nothing is kept"
    assert answer.json["log_likelihood"] is not None
    assert "cannot be kept" in answer.err


def test_words():
    assert value_words(None) == "n/a"
    assert value_words(-1234.5678, 2) == "-1,234.57"
    assert value_words([1.0, 2.0], 1) == "1.0, 2.0"
    assert value_words([0.5, 0.1, 3.0, 2.0], 1) == "0.1 to 3.0"
    assert value_words({"1": 3.0, "2": 2.0, "5": 1.0}, 1) == "3.0 at L = 1, 1.0 at L = 5"
    assert value_words(20, 4) == "20"
    assert value_words(-1234.5678) == "−1,235"
    assert value_words(0.83282, is_share=True) == "83.3%"
    assert detail_words({"std": 0.0123}, is_share=True) == "± 1.2% from draw to draw"
    told = detail_words({"num_samples": 5000, "standard_error": 0.123, "gap": None, "other": 1})
    assert told == "± 0.12 (standard error), K = 5,000"
