"""Settings: what is taken, what is refused and in which words, JSON both ways."""

import contextlib
import json
import math
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from vae.config import (
    DEFAULT_HIDDEN,
    DataConfig,
    ModelConfig,
    RunConfig,
    TrainConfig,
    automatic_name,
    bounds,
    check_name,
    help_text,
    make,
    parse_hidden,
)
from vae.errors import ConfigError

ALLOWED = string.ascii_letters + string.digits + "._-"
names = st.text(ALLOWED, min_size=1, max_size=64).filter(lambda text: set(text) != {"."})


@st.composite
def model_configs(draw):
    arch = draw(st.sampled_from(["mlp", "conv"]))
    shape = (draw(st.sampled_from([1, 3])), draw(st.integers(4, 256)), draw(st.integers(4, 256)))
    most = min(8, int(math.log2(min(shape[1:])))) if arch == "conv" else 8
    return ModelConfig(
        arch=arch,
        hidden=tuple(draw(st.lists(st.integers(1, 8192), min_size=1, max_size=most))),
        latent_dim=draw(st.integers(1, 1024)),
        beta=draw(st.floats(0, 1000)),
        image_shape=shape,
    )


train_configs = st.builds(
    TrainConfig,
    epochs=st.integers(1, 10_000),
    batch_size=st.integers(1, 65_536),
    lr=st.floats(0, 1, exclude_min=True),
    samples=st.integers(1, 1000),
    seed=st.integers(0, 2**31 - 1),
    device=st.sampled_from(["auto", "cpu", "cuda", "mps"]),
    precision=st.sampled_from(["float32", "bf16"]),
)
run_configs = st.builds(
    RunConfig,
    name=names,
    data=st.builds(DataConfig, dataset=st.text(max_size=20)),
    model=model_configs(),
    train=train_configs,
    versions=st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3),
    shipped=st.booleans(),
)


@given(run_configs)
def test_json_gives_the_same_run_back(config):
    assert RunConfig.from_json(config.to_json()) == config


NUMERIC = [
    (kind, field)
    for kind in (ModelConfig, TrainConfig)
    for field in kind.model_fields
    if math.isfinite(bounds(kind, field)[1]) and field != "hidden"
]


def test_every_number_has_bounds():
    assert {field for _, field in NUMERIC} == {
        "latent_dim",
        "beta",
        "epochs",
        "batch_size",
        "lr",
        "samples",
        "seed",
        "kl_warmup",
        "sigma",
        "sparsity_weight",
        "sparsity_target",
        "contraction",
        "codebook",
        "commitment",
        "num_classes",
    }


OPEN_BELOW = {"lr", "sigma", "sparsity_target"}
OPEN_ABOVE = {"sparsity_target"}


@pytest.mark.parametrize(("kind", "field"), NUMERIC)
@given(data=st.data())
def test_numbers_are_taken_within_their_bounds_only(kind, field, data):
    low, high = bounds(kind, field)
    whole = kind.model_fields[field].annotation is int
    value = data.draw(
        st.integers(-(2**33), 2**33) if whole else st.floats(-1e6, 1e6) | st.floats(0, 1)
    )
    at_open_end = (field in OPEN_BELOW and value == low) or (field in OPEN_ABOVE and value == high)
    inside = low <= value <= high and not at_open_end
    if inside:
        assert getattr(make(kind, **{field: value}), field) == value
    else:
        with pytest.raises(ConfigError, match=field):
            make(kind, **{field: value})


@pytest.mark.parametrize(("kind", "field"), NUMERIC)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "many", None, [1]])
def test_no_number_is_refused(kind, field, value):
    with pytest.raises(ConfigError, match=field):
        make(kind, **{field: value})


@pytest.mark.parametrize(("kind", "field"), NUMERIC)
def test_bounds_themselves_are_right(kind, field):
    low, high = bounds(kind, field)
    if field not in OPEN_ABOVE:
        assert make(kind, **{field: high})
    if field not in OPEN_BELOW:
        assert make(kind, **{field: low})
    with pytest.raises(ConfigError):
        make(kind, **{field: high + 1})
    with pytest.raises(ConfigError):
        make(kind, **{field: low - 1})


@given(st.text() | names)
def test_a_name_is_taken_exactly_if_it_can_name_a_directory(text):
    good = 1 <= len(text) <= 64 and set(text) <= set(ALLOWED) and set(text) != {"."}
    if good:
        assert check_name(text) == text
        assert RunConfig(name=text).name == text
    else:
        with pytest.raises(ConfigError):
            check_name(text)
        with pytest.raises(ConfigError, match="name"):
            make(RunConfig, name=text)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "...", "../x", "a/b", "a\\b", "a b", "a\n", "é", "x" * 65, "~", "a:b"]
)
def test_bad_names_are_refused_in_one_sentence(name):
    with pytest.raises(ConfigError) as error:
        make(RunConfig, name=name)
    assert str(error.value).count("\n") == 0
    assert str(error.value).endswith(".")
    assert ".." not in str(error.value).replace(repr(name), "")


@pytest.mark.parametrize("name", [5, None, ["a"], {"a": 1}])
def test_a_name_that_is_no_text_is_refused(name):
    with pytest.raises(ConfigError, match="name"):
        RunConfig.from_json(json.dumps({"name": name}))


@given(st.lists(st.integers(-(10**9), 10**9), max_size=9))
def test_parse_hidden_reads_what_is_printed(sizes):
    assert parse_hidden(",".join(map(str, sizes))) == tuple(sizes)
    assert parse_hidden(" , ".join(map(str, sizes))) == tuple(sizes)


@given(st.text())
def test_parse_hidden_gives_numbers_or_a_sentence(text):
    # Any other exception fails the test.
    with contextlib.suppress(ConfigError):
        assert all(isinstance(size, int) for size in parse_hidden(text))


@pytest.mark.parametrize("text", ["abc", "5;6", "1.5", "512,x", "0x10"])
def test_parse_hidden_refuses_what_is_no_whole_number(text):
    with pytest.raises(ConfigError, match="whole numbers"):
        parse_hidden(text)


@pytest.mark.parametrize("arch", list(DEFAULT_HIDDEN))
def test_hidden_sizes_follow_the_architecture_unless_given(arch):
    assert make(ModelConfig, arch=arch).hidden == DEFAULT_HIDDEN[arch]
    assert make(ModelConfig, arch=arch, hidden=None).hidden == DEFAULT_HIDDEN[arch]
    assert make(ModelConfig, arch=arch, hidden=(3,)).hidden == (3,)
    # A config on disk that leaves them out means the same.
    assert (
        RunConfig.from_json(json.dumps({"model": {"arch": arch}})).model.hidden
        == (DEFAULT_HIDDEN[arch])
    )


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("latent_dim", [0, 1025, -1]),
        ("hidden", [(), (0,), (-5,), (8193,), (4,) * 9, "512", 5]),
        ("arch", ["rnn", "", 5, None, [], {}]),
        (
            "image_shape",
            [(1, 28), (1, 28, 28, 1), (2, 28, 28), (1, 3, 28), (1, 28, 257), (0, 8, 8)],
        ),
    ],
)
def test_what_a_field_does_not_take_is_refused_with_its_name(field, values):
    for value in values:
        with pytest.raises(ConfigError) as error:
            make(ModelConfig, **{field: value})
        said = str(error.value)
        assert field in said or "images must have" in said, said
        assert field != "latent_dim" or f"got {value}" in said


def test_more_convolutions_than_the_image_can_halve_are_refused():
    assert make(ModelConfig, arch="conv", hidden=(4, 4, 4), image_shape=(1, 8, 11))
    with pytest.raises(ConfigError, match="at most 3 hidden sizes"):
        make(ModelConfig, arch="conv", hidden=(4,) * 4, image_shape=(1, 8, 11))


def test_settings_are_frozen_and_know_no_others():
    config = RunConfig()
    with pytest.raises(ValidationError):
        config.name = "other"
    with pytest.raises(ValidationError):
        config.model.beta = 3
    with pytest.raises(ConfigError, match="lrr"):
        make(TrainConfig, lrr=0.1)
    with pytest.raises(ConfigError, match="schema_version"):
        RunConfig.from_json('{"schema_version": 2}')


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_text_that_is_no_config_gives_a_sentence(text):
    with contextlib.suppress(ConfigError):
        RunConfig.from_json(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
fields = st.sampled_from(["arch", "hidden", "latent_dim", "beta", "image_shape", "family"])


@given(st.dictionaries(fields, json_values), json_values)
def test_any_json_in_place_of_settings_gives_a_config_or_a_sentence(model, train):
    for found in ({"model": model}, {"train": train}, {"model": train}, train):
        with contextlib.suppress(ConfigError):
            assert isinstance(RunConfig.from_json(json.dumps(found)), RunConfig)


@given(
    model=model_configs(),
    train=train_configs,
    dataset=st.sampled_from(["mnist", "emnist-letters", "x" * 40]),
)
def test_automatic_names_are_good_and_keep_the_time(model, train, dataset):
    name = automatic_name(DataConfig(dataset=dataset), model, train)
    assert check_name(name) == name
    assert re.search(r"-\d{8}-\d{6}$", name)
    assert name.startswith(dataset[:30])


def test_automatic_name_says_what_was_chosen():
    name = automatic_name(DataConfig(), ModelConfig(arch="conv", beta=4), TrainConfig(seed=3))
    assert name.startswith("mnist-conv-vae-2d-beta4-s3-")


def test_help_has_the_bounds_of_numbers():
    assert "[1 to 1024]" in help_text(ModelConfig, "latent_dim")
    assert help_text(ModelConfig, "family") == "Kind of model."
    assert bounds(ModelConfig, "family") == (-math.inf, math.inf)
