"""The Reconstructions page without a browser: what it shows, and every empty and broken state."""

import io
import re
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from driver import block, fill, press, words
from driver import open_page as open_any
from family_runs import make_run
from paths import SHIPPED
from PIL import Image
from streamlit.testing.v1 import AppTest

from vae import runs
from vae.analysis.reconstructions import choose, per_image_terms
from vae.config import ModelConfig
from vae.data import DATASETS, DatasetSpec, Split, load
from vae.runs.checkpoint import load_model
from vae.training.loop import fixed_indices
from vae.ui.reconstructions import view as recon_view
from vae.ui.reconstructions.grid import Grid, grid_html
from vae.ui.shared import loaders

open_page = partial(open_any, "reconstructions")

NASTY = '<script>alert("x")</script>'


@pytest.fixture(scope="module")
def own_runs(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("runs")
    make_run(root, "dense", epochs=2, latent_dim=2)
    make_run(root, "conv", epochs=2, arch="conv", hidden=(4, 8), latent_dim=3)
    return root


@pytest.fixture
def root(own_runs, tmp_path, monkeypatch) -> Path:
    """A copy of the runs of its own, to do harm to."""
    folder = tmp_path / "runs"
    shutil.copytree(own_runs, folder)
    monkeypatch.setenv("VAE_RUNS_DIR", str(folder))
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path / "data"))
    return folder


@pytest.fixture
def coloured(monkeypatch) -> DatasetSpec:
    """A data set of colour images whose classes have names that need escaping."""
    generator = torch.Generator().manual_seed(0)
    parts = [
        Split(
            torch.randint(0, 256, (24, 3, 6, 6), generator=generator).to(torch.uint8),
            torch.arange(24) % 3,
        )
        for _ in range(2)
    ]
    spec = DatasetSpec(
        name="recon-coloured",
        title="Coloured",
        shape=(3, 6, 6),
        class_names=(NASTY, "b & c", "none of these is here"),
        train_size=24,
        test_size=24,
        licence="none",
        source="made up",
        read=lambda folder, files: (parts[0], parts[1]),
    )
    monkeypatch.setitem(DATASETS, spec.name, spec)
    return spec


def grid(app: AppTest) -> str:
    bodies = [element.proto.body for element in app.get("html")]
    found = [body for body in bodies if 'data-testid="recon-grid"' in body]
    assert len(found) <= 1
    return found[0] if found else ""


def indices(app: AppTest) -> list[int]:
    return [int(index) for index in re.findall(r'data-index="(\d+)"', grid(app))]


def numbers(app: AppTest, name: str) -> list[float]:
    return [float(text) for text in re.findall(rf"{name} <b>(-?[\d.]+)</b>", grid(app))]


def captions(app: AppTest) -> list[str]:
    return [image.proto.imgs[0].caption for image in app.get("image")]


@pytest.mark.parametrize("name", ["dense", "conv"])
def test_worst_of_a_class_is_the_worst_of_all_its_images(name, root):
    app = open_page(run=name, split="train", order="worst", **{"class": "3"})
    data = load("digits").train
    terms = per_image_terms(load_model(root / name), data.images)
    expected = choose(data.labels.numpy(), terms.recon_loss, label=3, order="worst")
    assert indices(app) == expected.tolist()
    assert numbers(app, "loss") == pytest.approx(terms.recon_loss[expected].tolist(), abs=0.051)
    assert numbers(app, "KL") == pytest.approx(terms.kl[expected].tolist(), abs=0.051)
    assert "losses among those of class 3 in all 1,437 training images" in words(app)
    assert not app.warning


def test_controls_change_what_is_shown_and_a_link_gives_it_again(root):
    app = open_page(run="dense")
    drawn = indices(app)
    assert len(set(drawn)) == 10
    assert grid(app).count("<img") == 40
    fill(app, "", count=20, seed=5, decode="samples", **{"class": "8"})
    fill(app, "", L=3)
    shown = indices(app)
    assert len(shown) == 20
    assert set(load("digits").test.labels[shown].tolist()) == {8}
    assert "L = 3 draws of z" in words(app)
    link = {"count": "20", "class": "8", "seed": "5", "decode": "samples", "L": "3"}
    assert grid(open_page(run="dense", **link)) == grid(app)


def test_draw_anew_draws_other_images(root):
    app = open_page(run="dense")
    before = indices(app)
    press(app, "Resample")
    assert len(indices(app)) == 10
    assert indices(app) != before


def test_worst_class_is_named(root):
    app = open_page(run="dense")
    data = load("digits").test
    losses = per_image_terms(load_model(root / "dense"), data.images).recon_loss
    means = [losses[data.labels.numpy() == label].mean() for label in range(10)]
    worst = int(np.argmax(means))
    assert f"worst class is **{worst}** with {means[worst]:.1f} nats" in words(app)
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("split", "validation"),
        ("class", "Ankle boot"),
        ("order", "sideways"),
        ("count", "7"),
        ("seed", "-1"),
        ("seed", "nan"),
        ("L", "1000"),
        ("decode", "<b>"),
    ],
)
def test_address_that_does_not_fit_is_a_sentence(key, value, root):
    app = open_page(run="dense", **{key: value})
    assert any(f"asks for {key} “`{value}`”" in warning.value for warning in app.warning)
    assert len(indices(app)) == 10


def test_a_large_split_is_measured_in_part_unless_all_is_asked_for(root, monkeypatch):
    monkeypatch.setattr(recon_view, "MEASURED", 400)
    app = open_page(run="dense", split="train", order="best")
    assert "among the first 400 of 1,437 training images" in words(app)
    assert max(indices(app)) < 400
    fill(app, "", all=True)
    assert "among all 1,437 training images" in words(app)
    # The 360 test images are fewer than that.
    fill(app, "", split="test")
    assert "among all 360 test images" in words(app)


def test_colour_images_and_class_names_are_escaped(coloured, root):
    make_run(root, "colour", coloured.name, 2, latent_dim=4)
    app = open_page(run="colour", count="20")
    assert len(indices(app)) == 20
    assert NASTY not in grid(app)
    assert "&lt;script&gt;" in grid(app)
    assert "b &amp; c" in grid(app)


def test_class_without_images_is_a_sentence(coloured, root, monkeypatch):
    spec = replace(coloured, class_names=(*coloured.class_names, "none"), name="recon-empty")
    monkeypatch.setitem(DATASETS, spec.name, spec)
    make_run(root, "colour", spec.name, 2)
    app = open_page(run="colour", **{"class": "none"})
    assert "choose another class" in words(app)


def test_without_the_data_codes_are_decoded(root, monkeypatch):
    monkeypatch.delenv("VAE_RUNS_DIR")
    app = open_page(run="mnist-vae-20d", **{"class": "4"})
    assert not app.error
    assert any("Get MNIST" in button.label for button in app.button)
    assert "Without the originals" in words(app)
    assert grid(app).count("<img") == 20
    assert "loss <b>n/a</b>" in grid(app)
    assert len(numbers(app, "KL")) == 10
    labels = runs.open_run("mnist-vae-20d", SHIPPED).codes()["label"]
    assert set(labels[indices(app)].tolist()) == {4}
    assert "Test images as reconstructed, after epoch 50" in captions(app)


def test_data_of_another_shape_is_a_sentence(coloured, root, monkeypatch):
    run = make_run(root, "colour", coloured.name, 2)
    generator = torch.Generator().manual_seed(0)
    wrong = Split(
        torch.randint(0, 256, (12, 1, 8, 8), generator=generator).to(torch.uint8),
        torch.arange(12) % 3,
    )
    other = replace(coloured, shape=(1, 8, 8), read=lambda folder, files: (wrong, wrong))
    monkeypatch.setitem(DATASETS, coloured.name, other)
    loaders._dataset.clear()
    app = open_page(run=run.name)
    assert "do not belong together" in words(app)
    assert grid(app).count("<img") == 20
    loaders._dataset.clear()


def test_unknown_data_set_is_a_sentence(root):
    path = root / "dense" / "config.json"
    path.write_text(path.read_text().replace('"digits"', '"squiggles"'))
    app = open_page(run="dense")
    assert "There is no data set 'squiggles'" in words(app)
    assert len(indices(app)) == 10


def test_damaged_codes_are_a_sentence_where_they_are_needed(root):
    path = root / "dense" / "config.json"
    path.write_text(path.read_text().replace('"digits"', '"squiggles"'))
    (root / "dense" / "codes.safetensors").write_bytes(b"not safetensors")
    app = open_page(run="dense")
    assert any("damaged" in error.value for error in app.error)


def test_epochs_are_played_again(root):
    app = open_page(run="dense")
    slider = app.select_slider(key="epoch-dense")
    assert slider.value == 2
    assert "Test images above, their reconstructions below, after epoch 2" in captions(app)
    slider.set_value(1).run()
    assert not app.exception
    assert "Test images above, their reconstructions below, after epoch 1" in captions(app)


@pytest.mark.parametrize("damage", ["missing", "bytes", "arrays", "shape"])
def test_missing_or_damaged_pictures_are_a_sentence(damage, root):
    from vae.storage.files import write_arrays

    path = root / "dense" / "pictures.safetensors"
    arrays = runs.open_run("dense", root).pictures()
    if damage == "missing":
        path.unlink()
    elif damage == "bytes":
        path.write_bytes(b"not safetensors")
    elif damage == "arrays":
        write_arrays(path, {"epochs": arrays["epochs"]})
    else:
        write_arrays(path, arrays | {"test_recon": arrays["test_recon"][:, 0, 0]})
    app = open_page(run="dense")
    assert len(indices(app)) == 10
    if damage == "missing":
        assert "kept no pictures of its epochs" in words(app)
    else:
        assert any("damaged" in e.value or "not whole" in e.value for e in app.error)


def test_long_codes_make_no_links():
    from vae.analysis.reconstructions import reconstruct
    from vae.models import build

    images = torch.zeros(1, 1, 8, 8, dtype=torch.uint8)
    for d, links in ((2, 1), (200, 0)):
        model = build(ModelConfig(hidden=(8,), latent_dim=d, image_shape=(1, 8, 8)))
        found = reconstruct(model, images)
        html = grid_html(Grid("test", [0], ["0"], found, images.numpy(), "a run", model.config))
        assert html.count("<a ") == links


def test_the_epochs_stand_below_one_another_with_files_to_take_away(root, offered):
    app = open_page(run="dense")
    shown = block(app, 'data-testid="gen-row"')
    assert re.findall(r"<b>(.*?)</b>", shown) == ["original", "epoch 0", "epoch 1", "epoch 2"]
    grid, film = (
        Image.open(io.BytesIO(made() if callable(made) else made))
        for made in (offered[f"dense-test-recon-by-epoch.{kind}"] for kind in ("png", "gif"))
    )
    assert (grid.width > grid.height, film.n_frames) == (True, 3)
    head, *lines = offered["dense-test-recon-by-epoch.csv"]().decode().splitlines()
    assert head.split(",") == ["epoch", *(f"image {n}" for n in range(1, 11))]
    pictures = runs.open_run("dense", root).pictures()["test_recon"]
    split = load("digits").test
    originals = split.images[fixed_indices(split.labels)].numpy()
    expected = ((pictures[2] / 255 - originals / 255) ** 2).mean(axis=(1, 2, 3))
    np.testing.assert_allclose([float(x) for x in lines[2].split(",")[1:]], expected)
    offered.clear()
    fill(app, "grid-", dense="samples")  # which have no originals, so no errors
    assert "dense-samples-by-epoch.gif" in offered
    assert not any(name.endswith(".csv") and "by-epoch" in name for name in offered)
