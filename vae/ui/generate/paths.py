"""Views of the Generate page that move codes: paths, sums, one z under all classes."""

from dataclasses import dataclass
from typing import NamedTuple

import streamlit as st
import torch
from torch import Generator, Tensor

from vae.analysis import explore
from vae.analysis.generate import code_gaussian, images_at, path
from vae.errors import UserError
from vae.latent.places import PATHS, class_mean, has_arc
from vae.locale import _, numbers
from vae.storage.pictures import gif_bytes, png_bytes, sheet, whole_factor
from vae.ui.generate.controls import controls, pick_image, pick_seed
from vae.ui.generate.shown import LoadedRun, choose_label, has_codes, original
from vae.ui.shared.errors import show_error
from vae.ui.shared.show import offer_download, show_note
from vae.ui.shared.take_away import takeable
from vae.ui.shared.tiles import Tile, equation, moving, strip, strips

_FINER = 4
"""The animation takes so many steps for each one of the strip."""

_FRAME_MS = 60
_STRIP_PX = 1200


class End(NamedTuple):
    """An end of a path."""

    z: Tensor
    words: str
    label: int | None
    """The class of its image, where it has one."""
    image: int | None = None
    """The number of its test image, where it is one."""


def class_names(shown: LoadedRun) -> dict[str, str]:
    """Return the names of the classes that there are codes of, by the text of the label."""
    return {str(label): shown.class_name(label) for label in shown.classes}


def class_choice(shown: LoadedRun, name: str, label: str, default: int) -> int:
    """Show the choice of a class that there are codes of; return its label."""
    names = class_names(shown)
    options = list(names)
    found = controls.pick(
        label, name, options, options[default % len(options)], titles=names, width=150
    )
    return int(found)


def _mean_code(shown: LoadedRun, label: int) -> Tensor:
    assert shown.test_codes is not None
    mean = class_mean(shown.test_codes.codes.mu, shown.test_codes.labels, label)
    return code_gaussian(shown.model).mean if mean is None else mean


def _typed(shown: LoadedRun, name: str, label: str, side: float) -> End | None:
    assert shown.test_codes is not None
    extent, gaussian = shown.test_codes.extent, code_gaussian(shown.model)
    at = gaussian.mean + side * gaussian.std
    typed = controls.text(
        label,
        name,
        explore.format_z(at.tolist(), extent.decimals),
        help=_("{d} numbers between commas.").format(d=shown.d),
    )
    try:
        values = explore.parse_z(typed, shown.d, limit=extent.limit, decimals=extent.decimals)
    except UserError:
        show_error(
            _(
                "{label} cannot be read: this model takes {d} numbers between commas, each within "
                "{limit:g} of 0."
            ).format(label=label, d=shown.d, limit=extent.limit)
        )
        return None
    words = ", ".join(f"{value:g}" for value in values[:4]) + (" …" if shown.d > 4 else "")
    return End(torch.tensor(values), f"z = ({words})", None)


def _ends(shown: LoadedRun, kind: str) -> tuple[End | None, End | None]:
    found: list[End | None] = []
    columns = st.columns(2)
    for place, (title, side) in enumerate(((_("Start"), -2.0), (_("End"), 2.0))):
        with columns[place].container(horizontal=True, vertical_alignment="bottom", gap="small"):
            if kind == "images":
                name = ("image", "image2")[place]
                index = pick_image(
                    name,
                    shown.labels,
                    shown.class_name,
                    label=_("{end}: test image").format(end=title),
                    default=place,
                )
                found.append(
                    End(shown.code(index), shown.name_of(index), shown.labels[index], index)
                )
            elif kind == "classes":
                label = class_choice(shown, "ab"[place], _("{end}: class").format(end=title), place)
                words = _("mean code of class {class_name}").format(
                    class_name=shown.class_name(label)
                )
                found.append(End(_mean_code(shown, label), words, label))
            else:
                found.append(_typed(shown, ("za", "zb")[place], f"{title} z", side))
    return found[0], found[1]


@dataclass(frozen=True)
class PathAsked:
    """A path as the cache knows it."""

    kind: str
    steps: int
    start: tuple[float, ...]
    end: tuple[float, ...]
    label: int | None

    def codes(self, steps: int) -> Tensor:
        """Return the codes of ``steps`` places on it, ``(steps, d)``."""
        return path(self.kind, torch.tensor(self.start), torch.tensor(self.end), steps)


@st.cache_resource(max_entries=32, show_spinner=False)
def _animation(_shown: LoadedRun, version: str, asked: PathAsked) -> bytes:
    frames = images_at(_shown.model, asked.codes(_FINER * (asked.steps - 1) + 1), asked.label)
    factor = whole_factor(frames.shape[-1], 168)
    return gif_bytes(frames, frame_ms=_FRAME_MS, factor=factor, there_and_back=True)


def interpolation_view(shown: LoadedRun) -> None:
    """Show the images on a path from one code to another, as a strip and as an animation."""
    if not has_codes(shown):
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        kind = controls.pick(
            _("Between"),
            "ends",
            ("images", "classes", "z"),
            titles={"images": _("two test images"), "classes": _("two classes"), "z": _("two z")},
            segmented=True,
            help=_("Codes mu of two test images; mean codes of two classes; or two z as typed."),
        )
        way = controls.pick(
            _("Path"),
            "path",
            tuple(PATHS),
            titles={"linear": _("linear"), "spherical": _("spherical")},
            segmented=True,
            help=_("Straight, or along an arc around the origin, which keeps the length of z."),
        )
        steps = controls.whole(_("Steps"), "steps", 3, 25, 11, slider=True, width=220)
    start, end = _ends(shown, kind)
    if start is None or end is None:
        return
    label = choose_label(shown, start.label, own_words=_("that of the start"))
    asked = PathAsked(way, steps, tuple(start.z.tolist()), tuple(end.z.tolist()), label)
    codes = asked.codes(steps)
    _say_path(shown, start, end, codes, way)
    images = images_at(shown.model, codes, label)
    tiles = [
        Tile(
            image,
            _("Step {place} of {steps} from {start} to {end}").format(
                place=place + 1, steps=steps, start=start.words, end=end.words
            ),
            (_("start"), _("end"))[place > 0]
            if place in (0, steps - 1)
            else numbers.formatted(place / (steps - 1), ".2f"),
            place in (0, steps - 1),
        )
        for place, image in enumerate(images)
    ]
    side = min(112, _STRIP_PX // (steps + 2))
    st.html(strip(_with_originals(shown, tiles, start, end), side))
    joined = png_bytes(sheet(images, steps, factor=whole_factor(images.shape[-1], side)))
    _show_animation(shown, asked, joined, start, end)


def _with_originals(shown: LoadedRun, tiles: list[Tile], start: End, end: End) -> list[Tile]:
    before: list[Tile] = []
    after: list[Tile] = []
    for found, place in ((start, before), (end, after)):
        picture = None if found.image is None else original(shown.run, found.image)
        if picture is not None:
            place.append(
                Tile(picture, _("Original of {name}").format(name=found.words), _("original"))
            )
    return before + tiles + after


def _say_path(shown: LoadedRun, start: End, end: End, codes: Tensor, way: str) -> None:
    lengths = codes.norm(dim=1)
    middle = lengths[len(lengths) // 2]
    words = _(
        "From {start} (|z| = {length:.2f}) to {end} (|z| = {length2:.2f}); half-way |z| "
        "= {middle:.2f}."
    ).format(
        start=start.words, length=lengths[0], end=end.words, length2=lengths[-1], middle=middle
    )
    if shown.model.has_prior:
        words += " " + _("A draw from the prior has |z| of about √d = {root}.").format(
            root=numbers.number(shown.d**0.5)
        )
    st.caption(words)
    if torch.equal(codes[0], codes[-1]):
        st.info(_("Both ends are the same place, so every picture between them is too."))
    elif way == "spherical" and not has_arc(start.z, end.z):
        st.info(
            _(
                "There is no arc between these ends, so the path is straight: they lie in one "
                "direction from the origin, one of them is the origin, or z has one dimension only."
            )
        )


def _show_animation(
    shown: LoadedRun, asked: PathAsked, joined: bytes, start: End, end: End
) -> None:
    animation = _animation(shown, shown.run.version, asked)
    name = f"{shown.run.name}-{asked.kind}"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        playing = controls.toggle(
            _("Play"),
            "play",
            default=True,
            help=_("Runs there and back, in finer steps than the strip."),
        )
        offer_download(
            _("Animation (GIF)"),
            animation,
            f"{name}.gif",
            key="generate-gif",
        )
        offer_download(
            _("Strip (PNG)"),
            joined,
            f"{name}.png",
            key="generate-strip",
        )
    if playing:
        alt = _("Animation from {start} to {end} and back").format(start=start.words, end=end.words)
        st.html(moving(animation, alt))


def signed(value: float) -> str:
    """Write a number with the minus sign of formulas."""
    return numbers.formatted(value, "g").replace("-", "−")


def arithmetic_view(shown: LoadedRun) -> None:
    """Add to an image's code the difference between the mean codes of two classes."""
    if not has_codes(shown):
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        index = pick_image("image", shown.labels, shown.class_name)
        plus = class_choice(shown, "plus", _("plus class"), 1)
        minus = class_choice(shown, "minus", _("minus class"), 0)
        scale = controls.real(
            _("Scale"), "scale", -3.0, 3.0, 1.0, 0.1, help=_("How much of the difference is added.")
        )
        label = choose_label(shown, shown.labels[index])
    if shown.choices:
        show_note(
            _(
                "This model is given the class, so its z need not hold it: what the difference of "
                "two classes changes is at most the style."
            )
        )
    base, a, b = shown.code(index), _mean_code(shown, plus), _mean_code(shown, minus)
    scales = torch.linspace(-1, 2, 7)
    codes = torch.stack([base, a, b, base + scale * (a - b)])
    line = base + scales[:, None] * (a - b)
    images = images_at(shown.model, torch.cat([codes, line]), label)
    name_a, name_b = shown.class_name(plus), shown.class_name(minus)
    with takeable("sum"):
        st.html(
            equation(
                [
                    Tile(
                        images[0],
                        _("Decode of {name}").format(name=shown.name_of(index)),
                        shown.name_of(index),
                    ),
                    f"+ {signed(scale)} × (",
                    Tile(
                        images[1],
                        _("Mean code of class {plus}").format(plus=name_a),
                        _("mean code of {plus}").format(plus=name_a),
                    ),
                    "−",
                    Tile(
                        images[2],
                        _("Mean code of class {minus}").format(minus=name_b),
                        _("mean code of {minus}").format(minus=name_b),
                    ),
                    ") =",
                    Tile(
                        images[3],
                        _("Result at scale {scale}").format(scale=signed(scale)),
                        _("result"),
                        True,
                    ),
                ]
            )
        )
    if plus == minus:
        st.info(_("A class minus itself is nothing: the result is the image. Choose two classes."))
    st.caption(
        _(
            "The sum is done on codes, and each picture is a decode: the image's code mu, plus "
            "the mean code of the test images of class {plus}, minus that of class {minus}. "
            "Below, the result at other scales."
        ).format(plus=name_a, minus=name_b)
    )
    with takeable("sum-scales"):
        st.html(
            strip(
                [
                    Tile(
                        image,
                        _("Result at scale {value}").format(value=signed(value)),
                        f"× {signed(value)}",
                    )
                    for value, image in zip(scales.tolist(), images[4:], strict=True)
                ]
            )
        )


def classes_view(shown: LoadedRun) -> None:
    """Show one z, or several, under every class that the decoder can be told."""
    if not shown.choices:
        has_codes(shown)
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        source = controls.pick(
            "z",
            "source",
            ("draws", "image"),
            titles={"draws": _("drawn from the prior"), "image": _("of a test image")},
            segmented=True,
        )
        if source == "image":
            index = pick_image("image", shown.labels, shown.class_name)
            zs, names, own = shown.code(index)[None], [shown.name_of(index)], shown.labels[index]
        else:
            count = controls.whole(_("Rows"), "rows", 1, 12, 5, slider=True, width=200)
            generator = Generator().manual_seed(pick_seed())
            zs = shown.model.draw_codes(count, generator)
            names, own = [_("draw {place}").format(place=place + 1) for place in range(count)], None
    all_labels = torch.tensor(shown.choices)
    images = images_at(
        shown.model,
        zs[:, None].expand(-1, len(all_labels), -1),
        all_labels.expand(len(zs), -1),
    )
    st.caption(
        _(
            "Each row is one z. The decoder is given another class in each column: what stays "
            "the same along a row, such as slant and width of the line, is what z holds."
        )
    )
    parts = []
    for place, name in enumerate(names):
        tiles = [
            Tile(
                images[place, column],
                _("z of {name} under class {class_name}").format(
                    name=name, class_name=shown.class_name(label)
                ),
                shown.class_name(label),
                label == own,
            )
            for column, label in enumerate(shown.choices)
        ]
        found = None if own is None else original(shown.run, index)
        if found is not None:
            tiles.insert(0, Tile(found, _("Original of {name}").format(name=name), _("original")))
        parts.append((name, tiles))
    with takeable("classes"):
        st.html(strips(parts))
