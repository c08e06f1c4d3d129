"""What the map shows, read from an address and written to it."""

import base64
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from vae.analysis.map_display import (
    ADDRESS,
    format_display,
    parse_axes,
    parse_display,
    parse_epoch,
    parse_index,
    parse_mode,
    parse_names,
    parse_opacity,
    parse_path,
    parse_zoom,
)
from vae.analysis.pinned import MOST_PACKED, pack_picture, parse_picture, parse_pin
from vae.errors import ConfigError


def read(address: dict[str, str]) -> Callable[[str, Callable[[str], Any]], Any]:
    return lambda name, parse: parse(address[name]) if name in address else None


@pytest.mark.parametrize(
    "display",
    [
        {},
        {"mode": "both", "opacity": 0},
        {"axes": [4, 1]},
        {"axes": "pca", "zoom": [3.5, -0.25, 1.0]},
        {"focus": 0, "mode": "codes"},
        {"epoch": 0},
        {"names": {"2": "slant", "0": "width"}},
        {"path": [[0.5, 1, 0, 0, -2], [0.25, 1, 0, 0, -2.5]]},
        {"pin": {"z": [0.5, -1.25, 0, 0, 3], "label": 1}},
        {"pin": {"picture": base64.b64encode(bytes(range(0, 240, 20))).decode()}},
    ],
)
def test_what_is_written_is_read_again(display: dict[str, Any]) -> None:
    address = format_display(display)
    assert set(address) <= set(ADDRESS)
    found = parse_display(read(address), 5, [0, 1], labels=[0, 1], image_shape=(1, 3, 4))
    assert {name: value for name, value in found.items() if value is not None} == display


def test_addresses_are_short_and_count_from_one() -> None:
    assert format_display(None) == {}
    assert format_display({"axes": [4, 1], "zoom": [2.0, 0.5]}) == {"axes": "5,2", "zoom": "2,0.5"}
    assert format_display({"names": {"1": "a:b;c", "3": " "}}) == {"names": "2:a b c"}


@pytest.mark.parametrize(
    ("parse", "texts"),
    [
        (parse_mode, ["", "dots"]),
        (lambda text: parse_axes(text, 5), ["", "1", "1,1", "0,1", "1,6", "1,2,3", "x,y"]),
        (lambda text: parse_axes(text, 2), ["pca"]),
        (lambda text: parse_zoom(text, 2), ["", "2", "0.5,0,0", "61,0,0", "nan,0,0", "2,inf,0"]),
        (parse_epoch, ["", "-1", "1.5", "1000001", "9" * 5000, "²"]),
        (parse_opacity, ["", "-1", "101", "1.5", "9" * 5000, "²"]),
        (lambda text: parse_index(text, [1]), ["", "0", "-1", "1.0", "9" * 5000, "²"]),
        (lambda text: parse_names(text, 2), ["", "slant", "3:a", "0:a", "1:", "1:a;", "²:a"]),
        (lambda text: parse_path(text, 1), ["", "1", "1;x", "1;2;", "nan;1", ";".join("1" * 13)]),
        (
            lambda text: parse_pin(text, 2, []),
            ["", "1", "1,2,3", "1,inf", "1,2@3", "1e9,0"],
        ),
        (lambda text: parse_pin(text, 1, [0, 3]), ["1", "1@", "1@2", "@3", "1@3@3"]),
        (
            lambda text: parse_picture(text, (1, 2, 3)),
            [
                *("", "x", "é", "****", "A" * (MOST_PACKED + 4)),
                *(str(pack_picture(bytes(count))) for count in (0, 5, 7, 10**6)),
                str(pack_picture(bytes(6)))[:-4],
                base64.urlsafe_b64encode(zlib.compress(bytes(6)) + b"more").decode(),
            ],
        ),
    ],
)
def test_what_does_not_fit_is_said(parse: Callable[[str], Any], texts: list[str]) -> None:
    for text in texts:
        with pytest.raises(ConfigError, match="in the address does not fit"):
            parse(text)


def test_a_window_of_a_line_has_one_middle() -> None:
    assert parse_zoom("2,0.5", 1) == [2.0, 0.5]
    assert parse_zoom("2,0.5,0.5", 1) == [2.0, 0.5]


def test_a_picture_that_would_make_an_address_too_long_is_left_out() -> None:
    noise = np.random.default_rng(0).integers(0, 256, 64 * 64 * 3, dtype=np.uint8).tobytes()
    assert pack_picture(noise) is None
    pin = {"picture": base64.b64encode(noise).decode()}
    assert format_display({"pin": pin, "opacity": 5}) == {"opacity": "5"}


def test_names_are_cut() -> None:
    assert parse_names("1:" + "a" * 99, 2) == {"0": "a" * 24}
