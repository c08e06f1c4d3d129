"""What every view of the Generate page knows of its run, and the controls that several share."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import streamlit as st
from torch import Tensor

from vae.analysis.explore import TestCodes
from vae.analysis.generate import Levels, Ranking, code_gaussian, images_at, rank_dims
from vae.errors import UserError
from vae.locale import _
from vae.models import LatentModel, check_family
from vae.runs import Run
from vae.ui.generate.controls import controls, pick_image
from vae.ui.shared import loaders
from vae.ui.shared.originals import class_name, originals
from vae.ui.shared.show import show_note
from vae.ui.shared.tiles import Tile, strip

MIDDLE = -1
"""Stands in for the number of a test image where a picture starts at the middle of the codes."""

IN_TURN = "all"


@dataclass(frozen=True)
class LoadedRun:
    """A run with its model and, where they can be read, the codes of its test images."""

    run: Run
    model: LatentModel
    test_codes: TestCodes | None
    problem: str = ""
    """Why there are no codes."""

    @property
    def d(self) -> int:
        return self.run.config.model.latent_dim

    @property
    def title(self) -> str:
        return check_family(self.run.config.model.family).title

    @property
    def choices(self) -> list[int]:
        """Labels that the model can be told; none unless it is conditional."""
        if self.test_codes is not None:
            return self.test_codes.choices
        config = self.run.config
        return list(config.data.classes or range(config.model.num_classes))

    @cached_property
    def labels(self) -> list[int]:
        return [int(label) for label in self.test_codes.labels] if self.test_codes else []

    @cached_property
    def classes(self) -> list[int]:
        return sorted(set(self.labels))

    @property
    def middle_words(self) -> str:
        """How the middle of the codes is called."""
        return _("the origin") if self.model.has_prior else _("the mean code")

    @property
    def source_words(self) -> str:
        """What quantiles are taken of, or codes drawn from."""
        if self.model.has_prior:
            return _("the prior N(0, I)")
        return _("the Gaussian fitted to the training codes (this family has no prior)")

    def class_name(self, label: int) -> str:
        return class_name(self.run, label)

    def code(self, index: int) -> Tensor:
        """Return the code of a test image, ``(d,)``, or the middle for :data:`MIDDLE`."""
        if index == MIDDLE or self.test_codes is None:
            return code_gaussian(self.model).mean
        return self.test_codes.codes.mu[index]

    def name_of(self, index: int) -> str:
        """Name a test image with its class."""
        return _("test {index}, class {class_name}").format(
            index=index, class_name=self.class_name(self.labels[index])
        )


def load(run: Run) -> LoadedRun:
    """Read what is needed of a run; UserError if its weights cannot be read."""
    model = loaders.model(run, run.version)
    try:
        return LoadedRun(run, model, loaders.test_codes(run, run.version))
    except UserError as error:
        return LoadedRun(run, model, None, str(error))


@st.cache_resource(max_entries=8, show_spinner=False)
def _ranking(_shown: LoadedRun, version: str) -> Ranking | None:
    return None if _shown.test_codes is None else rank_dims(_shown.test_codes.codes)


def ranking(shown: LoadedRun) -> Ranking | None:
    """Return the run's dimensions, most telling first; None without codes."""
    return _ranking(shown, shown.run.version)


def has_codes(shown: LoadedRun) -> bool:
    """Return whether there are codes to start from; say so where there are none."""
    if shown.test_codes is not None and len(shown.labels):
        return True
    reason = shown.problem or _("the run has kept none.")
    show_note(
        _(
            "This view starts from the codes of test images, and there are none to read: {reason}"
        ).format(reason=reason)
    )
    return False


def original(run: Run, index: int) -> Levels | None:
    """Return test image ``index``, ``(C, H, W)``, where the data set is on this machine."""
    data = originals(run).data
    if data is None or not 0 <= index < len(data.test):
        return None
    levels: Levels = data.test.images[index].numpy()
    return levels


def start(shown: LoadedRun, first: Literal["middle", "image"] = "middle") -> int:
    """Show the choice of where a picture starts; return a test image's number, or MIDDLE.

    ``first`` is what it starts from unless another place is chosen.
    """
    if not shown.labels:
        return MIDDLE
    where = controls.pick(
        _("Through"),
        "from",
        ("middle", "image"),
        first,
        titles={"middle": shown.middle_words, "image": _("a test image")},
        segmented=True,
        help=_(
            "Where all the other dimensions stay: in the middle of latent space, or at the code "
            "mu of a test image."
        ),
    )
    if where == "middle":
        return MIDDLE
    return pick_image("image", shown.labels, shown.class_name)


def choose_label(
    shown: LoadedRun,
    own: int | None = None,
    *,
    own_words: str = "",
    in_turn: bool = False,
) -> int | None:
    """Show the choice of a conditional decoder's label; None where the model takes none.

    ``own`` is that of the image at hand, taken unless another is chosen and called ``own_words`` in
    the list. With ``in_turn`` all labels, one after the other, can be chosen: None is returned for
    that.
    """
    if not shown.choices:
        return None
    first = "own" if own is not None else IN_TURN if in_turn else None
    names = {str(label): shown.class_name(label) for label in shown.choices}
    titles = {"own": own_words or _("that of the image"), IN_TURN: _("all in turn")} | names
    chosen = controls.pick(
        _("Class given"),
        "label",
        ([first] if first else []) + list(names),
        titles=titles,
        help=_("This model is given the class next to z."),
    )
    if chosen == "own":
        return own
    return None if chosen == IN_TURN else int(chosen)


def show_start(shown: LoadedRun, index: int, label: int | None) -> None:
    """Show the test image that a picture starts from: its original, if at hand, and its decode."""
    tiles = []
    found = original(shown.run, index)
    if found is not None:
        tiles.append(
            Tile(
                found,
                _("Original of {name}").format(name=shown.name_of(index)),
                _("original"),
            )
        )
    decoded = images_at(shown.model, shown.code(index)[None], label)[0]
    tiles.append(
        Tile(
            decoded,
            _("Decode of the code of {name}").format(name=shown.name_of(index)),
            _("its mu decoded"),
        )
    )
    st.html(strip(tiles))
    if found is None:
        st.caption(_("The original is not on this machine."))
