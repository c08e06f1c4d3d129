"""Generated data sets: read again without pickle, bounded, and as a sheet."""

import io
import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from small_models import trained_once

from vae.analysis.generate import images_at
from vae.analysis.generated_set import (
    BLOCK,
    MAX_IMAGES,
    SetPlan,
    make_set,
    most_places,
    npz_bytes,
    preview_plan,
    set_size,
    sheet_png,
)
from vae.config import RunConfig
from vae.errors import ConfigError
from vae.models import FAMILIES
from vae.storage.pictures import to_uint8

NAMES = list(FAMILIES)


def read_npz(content):
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


@pytest.mark.parametrize("family", NAMES)
@pytest.mark.parametrize("source", ["grid", "draws"])
def test_a_generated_set_is_read_again_without_pickle(family, source):
    model = trained_once(family)
    labels = (2, 5) if model.is_conditional else ()
    plan = SetPlan(source, size=4, count=9, dims=(2, 0), seed=3, labels=labels)
    if source == "grid" and not model.is_continuous:
        with pytest.raises(ConfigError, match="draws"):
            make_set(model, plan)
        return
    config = RunConfig(name="some", model=model.config)
    found = read_npz(npz_bytes(make_set(model, plan), plan, config))
    count = set_size(plan, 3)
    assert count == 9 if source == "draws" else 16 * max(1, len(labels))
    assert found["images"].shape == (count, 8, 8)
    assert found["images"].dtype == np.uint8
    assert RunConfig.from_json(str(found["config"])) == config
    assert json.loads(str(found["plan"]))["dims"] == [2, 0]
    assert ("labels" in found) == bool(labels)
    if model.is_continuous:
        told = torch.from_numpy(found["labels"]) if labels else None
        again = images_at(model, torch.from_numpy(found["z"]), told)
        assert np.array_equal(again[:, 0], found["images"])
        assert "codes" not in found
    else:
        mean = torch.sigmoid(model.decode_indices(torch.from_numpy(found["codes"])))
        assert np.abs(to_uint8(mean)[:, 0].astype(int) - found["images"]).max() <= 1
        assert "z" not in found


def test_a_set_in_colour_has_its_channels_last():
    model = trained_once("vae", 2, (3, 8, 8))
    plan = SetPlan("grid", size=3)
    made = make_set(model, plan)
    found = read_npz(npz_bytes(made, plan, RunConfig(model=model.config)))
    assert found["images"].shape == (9, 8, 8, 3)
    assert np.array_equal(found["images"].transpose(0, 3, 1, 2), made.images)


@given(
    size=st.integers(2, 100),
    count=st.integers(1, 600),
    d=st.sampled_from([1, 2, 7]),
    labels=st.sampled_from([(), (1,), (0, 4, 2)]),
    source=st.sampled_from(["grid", "draws"]),
)
def test_a_preview_is_small_and_of_the_same_kind(size, count, d, labels, source):
    plan = SetPlan(source, size=size, count=count, labels=labels)
    preview = preview_plan(plan, d, most=50)
    assert 1 <= set_size(preview, d) <= (BLOCK if source == "draws" else 50)
    assert (preview.source, preview.coverage, preview.dims) == (source, plan.coverage, plan.dims)
    assert set_size(preview, d) <= set_size(plan, d)


@pytest.mark.parametrize("family", NAMES)
def test_a_preview_shows_the_first_draws(family):
    model = trained_once(family)
    labels = (3, 1) if model.is_conditional else ()
    plan = SetPlan("draws", count=BLOCK + 31, seed=4, labels=labels)
    few, all_of_them = make_set(model, preview_plan(plan, 3)), make_set(model, plan)
    assert len(all_of_them.images) == BLOCK + 31
    assert np.array_equal(few.images, all_of_them.images[:BLOCK])


@pytest.mark.parametrize(("d", "labels"), [(1, 0), (1, 10), (2, 0), (2, 10), (20, 26)])
def test_the_longest_side_stays_within_the_bound(d, labels):
    side = most_places(d, labels)
    told = tuple(range(labels))
    assert set_size(SetPlan("grid", size=side, labels=told), d) <= MAX_IMAGES
    assert set_size(SetPlan("grid", size=side + 1, labels=told), d) > MAX_IMAGES


@pytest.mark.parametrize("count", [0, MAX_IMAGES + 1])
def test_too_large_a_set_is_refused_in_words(count):
    with pytest.raises(ConfigError, match="1 to 10,000 images"):
        make_set(trained_once("vae"), SetPlan("draws", count=count))


def test_a_sheet_png_holds_each_image_in_its_place():
    model = trained_once("vae", 2)
    plan = SetPlan("grid", size=3)
    made = make_set(model, plan)
    picture = np.asarray(Image.open(io.BytesIO(sheet_png(made, plan))))
    assert picture.shape == (24, 24)
    assert np.array_equal(picture[8:16, 16:], made.images[5, 0])
