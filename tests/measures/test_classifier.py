"""The judge of pictures: what it learns, what it says, and its file."""

from pathlib import Path

import pytest
import torch

from vae.data import load, pixels
from vae.errors import RunError
from vae.measures.classifier import (
    NUM_FEATURES,
    Classifier,
    accuracy,
    load_classifier,
    path_of,
    save_classifier,
    train_classifier,
)
from vae.runs import list_runs
from vae.storage.files import read_arrays, write_arrays

pytestmark = pytest.mark.usefixtures("one_thread")
SHIPPED = Path(__file__).parents[2] / "checkpoints"


@pytest.fixture(scope="module")
def learned(digits):
    return train_classifier(digits, epochs=20, seed=1)


def test_learns_to_name_digits(learned, digits):
    classifier, facts = learned
    assert facts.accuracy > 0.93
    assert (facts.dataset, facts.epochs, facts.seed) == ("digits", 20, 1)
    found = classifier.predict(pixels(digits.test.images))
    right = int((found.argmax(-1) == digits.test.labels).sum())
    assert facts.accuracy == pytest.approx(right / len(digits.test))


def test_same_seed_same_classifier(few_digits):
    losses: list[list[float]] = []
    found = []
    for seed in (0, 0, 1):
        losses.append([])
        torch.manual_seed(17)
        state = torch.get_rng_state()
        classifier, _ = train_classifier(
            few_digits, 2, seed, lambda epoch, loss: losses[-1].append(loss)
        )
        assert torch.equal(torch.get_rng_state(), state)
        found.append(classifier.state_dict())
    assert [len(each) for each in losses] == [2, 2, 2]
    assert losses[0] == losses[1] != losses[2]
    assert all(torch.equal(value, found[1][name]) for name, value in found[0].items())


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (1, 9, 11), (1, 4, 4)], ids=str)
def test_judges_images_of_any_shape(shape, make_data):
    data = make_data(shape)
    classifier, facts = train_classifier(data, 1)
    assert 0 <= facts.accuracy <= 1
    images = torch.rand(7, *shape)
    found = classifier.predict(images)
    assert found.shape == (7, 3)
    torch.testing.assert_close(found.sum(-1), torch.ones(7))
    assert classifier.features(images).shape == (7, NUM_FEATURES)


def test_probabilities_come_from_the_features(learned, digits):
    classifier, _ = learned
    images = pixels(digits.test.images[:600])
    with torch.no_grad():
        expected = torch.softmax(classifier.head(classifier.features(images)), -1)
    torch.testing.assert_close(classifier.predict(images), expected)


def test_judgement_of_an_image_does_not_depend_on_its_company(learned, digits):
    classifier, _ = learned
    images = pixels(digits.test.images)
    torch.testing.assert_close(
        classifier.predict(images)[3:5], classifier.predict(images[3:5]), rtol=1e-4, atol=1e-6
    )


def test_saved_and_loaded_it_judges_the_same(learned, digits, tmp_path):
    classifier, facts = learned
    path = save_classifier(classifier, facts, tmp_path / "new" / "folder")
    assert path == path_of("digits", tmp_path / "new" / "folder")
    assert {str(array.dtype) for array in read_arrays(path)[0].values()} == {"float16"}
    loaded, again = load_classifier("digits", path.parent)
    assert again == facts
    # Weights were rounded before they were measured: nothing is lost on the way.
    images = pixels(digits.test.images)
    assert torch.equal(loaded.predict(images), classifier.predict(images))
    assert accuracy(loaded, digits.test) == facts.accuracy
    assert not any(weight.requires_grad for weight in loaded.parameters())


def test_what_is_missing_is_said_with_the_command_that_makes_it(tmp_path):
    with pytest.raises(RunError, match=r"no classifier of kmnist.*classifier train .*kmnist"):
        load_classifier("kmnist", tmp_path)


@pytest.mark.parametrize("damage", ["cut", "foreign", "misfit"])
def test_a_damaged_file_is_named(learned, tmp_path, damage):
    path = save_classifier(*learned, tmp_path)
    arrays, notes = read_arrays(path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:100])
    elif damage == "foreign":
        write_arrays(path, arrays)
    else:
        write_arrays(path, arrays, {**notes, "shape": "1,28,28"})
    with pytest.raises(RunError, match=r"digits\.safetensors"):
        load_classifier("digits", tmp_path)


def test_a_folder_that_cannot_be_written_is_named(learned, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunError, match="cannot write"):
        save_classifier(*learned, tmp_path / "file" / "folder")


def test_its_folder_is_no_run(learned, tmp_path):
    save_classifier(*learned, tmp_path / "classifiers")
    assert list_runs(tmp_path) == []


def test_command_line_trains_and_measures(cli, tmp_path):
    answer = cli("classifier", "train", "--dataset", "digits", "--epochs", 3, "--json")
    assert answer.code == 0, answer
    assert (tmp_path / answer.json["file"]).is_file()
    assert answer.json["epochs"] == 3
    again = cli("classifier", "evaluate", "--dataset", "digits", "--json")
    assert again.json == answer.json
    assert "%" in cli("classifier", "evaluate", "--dataset", "digits").out
    cli("classifier", "evaluate", "--dataset", "fashion-mnist").check_refused("classifier train")
    cli("classifier", "train", "--dataset", "nosuch").check_refused("nosuch")
    cli("classifier", "train", "--epochs", 0).check_refused("epochs")


def test_the_shipped_one_says_what_it_reaches():
    _, facts = load_classifier("mnist", SHIPPED / "classifiers")
    assert facts.accuracy >= 0.985


@pytest.mark.real_data
def test_the_shipped_one_names_real_digits(mnist_dir):
    classifier, facts = load_classifier("mnist", SHIPPED / "classifiers")
    assert accuracy(classifier, load("mnist").test) == pytest.approx(facts.accuracy, abs=5e-4)


def test_fresh_weights_depend_on_the_global_generator_alone():
    found = []
    for _ in range(2):
        torch.manual_seed(3)
        found.append(Classifier((1, 8, 8), 4).head.weight.clone())
    assert torch.equal(*found)
