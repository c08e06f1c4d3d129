"""The Train page's controls: every family's own settings, and what is done with own images."""

import io
import zipfile
from functools import partial
from typing import Any

import pytest
from driver import checked, fill, open_page, press
from PIL import Image
from streamlit.testing.v1 import AppTest

from vae.config import CORRUPTIONS, ModelConfig, TrainConfig
from vae.data import all_datasets, folder
from vae.data.intake import add
from vae.models import FAMILIES
from vae.ui.train import controls
from vae.ui.train.controls import PRESETS, Settings, preset_state
from vae.ui.train.options import ONLY_WITH, family_state

open_train = partial(open_page, "train")


def choose(app: AppTest, field: str, value: Any) -> AppTest:
    return checked(app.selectbox(key=f"train-{field}").select(value).run())


def fields(app: AppTest) -> set[str]:
    """Names of the config's fields that have a widget."""
    kinds = (app.selectbox, app.number_input, app.text_input)
    shown = {str(widget.key).removeprefix("train-") for kind in kinds for widget in kind}
    known = {*ModelConfig.model_fields, *TrainConfig.model_fields}
    return (shown & known) | ({"corruption"} if "corruption_kind" in shown else set())


def own_zip(count: int = 24) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for number in range(count):
            picture = io.BytesIO()
            Image.new("RGB", (40, 40), (number, 100, 200)).save(picture, "PNG")
            zipped.writestr(f"set/{'ab'[number % 2]}/{number}.png", picture.getvalue())
    return buffer.getvalue()


# --- families


@pytest.mark.parametrize("family", list(FAMILIES))
def test_a_family_shows_its_own_settings_and_starts_with_its_defaults(family, submitted):
    app = choose(open_train(), "family", family)
    kind = FAMILIES[family].model
    everywhere = {"family", "arch", "hidden", "latent_dim", "epochs", "lr", "batch_size", "seed"}
    expected = everywhere | {"device"} | (set(kind.options) - set(ONLY_WITH))
    expected |= {"samples"} if kind.takes_samples else set()
    expected |= {"kl_warmup"} if "beta" in kind.options else set()
    assert fields(app) == expected
    assert any(FAMILIES[family].summary == caption.value for caption in app.caption)
    press(app, "Start")
    assert not app.error, [error.value for error in app.error]
    config = submitted[0].config
    assert config.model.family == family
    for name, value in kind.defaults.items():
        if name != "latent_dim":
            assert getattr(config.model, name) == value, name
    assert config.train.samples == kind.default_samples
    assert config.model.num_classes == (10 if kind.is_conditional else 0)
    for name in set(kind.options) - kind.defaults.keys():
        assert getattr(config.model, name) == ModelConfig.model_fields[name].default


def test_settings_of_a_family_reach_the_config(submitted):
    app = choose(open_train(), "family", "denoising-ae")
    choose(app, "reconstruction", "bce")
    choose(app, "corruption_kind", "salt-pepper")
    amount = app.number_input(key="train-corruption_amount")
    assert (amount.value, amount.max) == (CORRUPTIONS["salt-pepper"] / 4, 1.0)
    amount.set_value(0.4).run()
    press(app, "Start")
    model = submitted[0].config.model
    assert (model.reconstruction, model.corruption) == ("bce", "salt-pepper:0.4")


def test_settings_that_depend_on_another_come_and_go(submitted):
    app = open_train()
    assert "sigma" not in fields(app)
    choose(app, "likelihood", "gaussian")
    assert {"sigma", "variance"} <= fields(app)
    fill(app, "train-", sigma=0.25)
    choose(app, "variance", "learned")
    fill(app, "train-", kl_warmup=5)
    press(app, "Start")
    config = submitted[0].config
    assert (config.model.likelihood, config.model.variance) == ("gaussian", "learned")
    assert (config.model.sigma, config.train.kl_warmup) == (0.25, 5)
    choose(app, "likelihood", "bernoulli")
    assert "sigma" not in fields(app)
    choose(app, "family", "sparse-ae")
    assert "sparsity_target" not in fields(app)
    choose(app, "sparsity", "kl")
    assert "sparsity_target" in fields(app)


def test_another_family_brings_its_own_defaults(submitted):
    app = open_train()
    fill(app, "train-", samples=9)
    fill(app, "train-", kl_warmup=3)
    choose(app, "family", "ae")
    choose(app, "family", "iwae")
    assert app.number_input(key="train-samples").value == FAMILIES["iwae"].model.default_samples
    choose(app, "family", "vq-vae")
    assert app.selectbox(key="train-arch").value == family_state("vq-vae")["arch"]
    choose(app, "family", "vae")
    assert app.number_input(key="train-kl_warmup").value == 0
    assert app.number_input(key="train-epochs").value == 40  # no affair of the family


def test_settings_survive_another_page(submitted):
    app = choose(open_train(), "family", "denoising-ae")
    choose(app, "corruption_kind", "mask")
    fill(app, "train-", classes=[3, 5])
    app.switch_page("pages/home.py").run()
    app.switch_page("pages/train.py").run()
    checked(app)
    assert app.selectbox(key="train-family").value == "denoising-ae"
    assert app.selectbox(key="train-corruption_kind").value == "mask"
    assert app.multiselect(key="train-classes").value == [3, 5]


# --- presets


@pytest.mark.parametrize("name", list(PRESETS))
def test_presets_are_runs(name):
    held = preset_state(name)
    kind = FAMILIES[held["family"]].model
    model = {field: held[field] for field in (*kind.options, "arch", "hidden", "latent_dim")
             if field in held}  # fmt: skip
    train = {field: held[field] for field in ("epochs", "batch_size", "lr", "samples")}
    data = {field: held[field] or None for field in ("dataset", "classes", "binarise")}
    config = Settings(held["family"], data, model, train).config()
    for field, value in PRESETS[name].settings.items():
        places = (config.data, config.model, config.train)
        found = next(getattr(place, field) for place in places if hasattr(place, field))
        assert found == value or ",".join(map(str, found)) == value


def test_a_preset_sets_everything(submitted):
    app = open_train()
    fill(app, "train-", family="denoising-ae")
    fill(app, "train-", classes=[1])
    pills = next(group for group in app.button_group if group.key == "train-preset")
    checked(pills.set_value("Shapes").run())
    assert app.multiselect(key="train-classes").value == []
    press(app, "Start")
    config = submitted[0].config
    assert (config.model.family, config.data.dataset) == ("vae", "shapes")
    assert (config.model.latent_dim, config.model.hidden) == (8, (256, 256))
    assert config.model.image_shape == (3, 64, 64)


# --- images


def test_classes_and_pixels_reach_the_config(submitted):
    app = open_train()
    assert app.multiselect(key="train-classes").options == list("0123456789")
    fill(app, "train-", classes=[7, 1])
    choose(app, "binarise", "dynamic")
    press(app, "Start")
    data = submitted[0].config.data
    assert (data.classes, data.binarise) == ((1, 7), "dynamic")
    # Another data set has other classes, and is seen as it is meant.
    choose(app, "dataset", "mnist-binary")
    assert app.multiselect(key="train-classes").value == []
    pixels = app.selectbox(key="train-binarise")
    assert (pixels.value, len(pixels.options)) == ("static", 2)
    choose(app, "dataset", "shapes")
    assert app.multiselect(key="train-classes").options == [
        "square",
        "ellipse",
        "heart",
        "triangle",
    ]
    assert app.selectbox(key="train-binarise").value == "none"


def test_own_images_are_added_chosen_trained_and_removed(submitted):
    app = open_train()
    app.file_uploader[0].upload("my set.zip", own_zip(), "application/zip").run()
    name = next(field for field in app.text_input if field.label == "Name of the data set")
    assert name.value == "my-set"
    next(box for box in app.selectbox if box.label == "Size").select(32).run()
    next(box for box in app.selectbox if box.label == "Colours").select("rgb").run()
    press(app, "Add these images")
    assert any("22 training and 2 test images of 3 x 32 x 32" in s.value for s in app.success)
    assert app.selectbox(key="train-dataset").value == "folder:my-set"
    assert app.multiselect(key="train-classes").options == ["a", "b"]
    press(app, "Start")
    config = submitted[0].config
    assert (config.data.dataset, config.model.image_shape) == ("folder:my-set", (3, 32, 32))
    assert submitted[0].name.startswith("folder-my-set-vae-2d-s0-")
    press(app, "Remove it")
    assert "folder:my-set" not in all_datasets()
    assert app.selectbox(key="train-dataset").value == "digits"


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"no zip", "no whole zip file"), (own_zip(5), "holds 5 images, but training needs 20")],
)
def test_an_upload_that_is_refused_is_a_sentence(content, words, submitted):
    app = open_train()
    press(app, "Add these images")
    assert any("Choose a zip file first" in warning.value for warning in app.warning)
    app.file_uploader[0].upload("mine.zip", content, "application/zip").run()
    press(app, "Add these images")
    assert any(words in error.value for error in app.error), [error.value for error in app.error]
    assert not any(name.startswith("folder:") for name in all_datasets())


def test_a_set_that_somebody_else_removed_or_damaged(submitted, tmp_path):
    add(io.BytesIO(own_zip()), "mine")
    app = choose(open_train(), "dataset", "folder:mine")
    pictures = tmp_path / "data" / "folders" / "mine" / "images.safetensors"
    pictures.write_bytes(pictures.read_bytes()[:-1])
    checked(app.run())
    assert next(button for button in app.button if button.label == "Start").disabled
    assert any("damaged" in warning.value for warning in app.warning)
    press(app, "Remove it")
    add(io.BytesIO(own_zip()), "mine")
    choose(checked(app.run()), "dataset", "folder:mine")
    folder.remove("mine")
    checked(app.run())
    assert app.selectbox(key="train-dataset").value == "digits"


def test_first_preset_is_the_start(submitted):
    app = open_train()
    first = next(iter(controls.PRESETS))
    for field, value in preset_state(first).items():
        if field in ("epochs", "batch_size", "lr", "latent_dim"):
            assert app.number_input(key=f"train-{field}").value == value
