"""Use your own images: upload a zip on the Train page, and remove what was uploaded."""

import re

import streamlit as st

from vae.data import folder, intake
from vae.data.decode import COLOURS, SIZES
from vae.errors import UserError
from vae.locale import N_, _
from vae.locale.numbers import formatted
from vae.people.owners import may_change
from vae.runs.quota import allowed
from vae.storage.archive import MAX_ZIP_BYTES, MEGA
from vae.ui.shared import loaders
from vae.ui.shared.errors import show_error

ADDED = "train-added"
"""Session key: the name of a set that has just been added, until the page takes it up."""

_TURN = "upload-turn"
_SAID = "upload-said"
_COLOUR_NAMES = {"grey": N_("Grey"), "rgb": N_("Colour")}


def _suggested(file_name: str) -> str:
    stem = file_name.rsplit(".", 1)[0]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[:40] or "mine"


@st.fragment
def own_images(chosen: str) -> None:
    """Show how to add a data set, and how to remove ``chosen`` if somebody has added it.

    A fragment: what is typed here concerns the rest of the page only once a set is added.
    """
    said = st.session_state.pop(_SAID, None)
    if said:
        st.success(said, icon=":material/check:")
    with st.expander(_("Use your own images"), icon=":material/upload:"):
        _adding()
    if chosen.startswith(folder.PREFIX):
        _removing(chosen)


def _adding() -> None:
    st.caption(
        _(
            "A zip of {least} to {most} images (PNG, JPEG, …). Put "
            "each class into a folder of its own, or all images into one. The square "
            "in the middle of each is kept, and a tenth of them are test images. "
            "Everyone who uses this explorer can see them."
        ).format(least=intake.LEAST_IMAGES, most=formatted(intake.MOST_IMAGES, ","))
    )
    turn = st.session_state.get(_TURN, 0)
    file = st.file_uploader(
        _("Zip file"), type="zip", max_upload_size=MAX_ZIP_BYTES // MEGA, key=f"upload-file-{turn}"
    )
    size_column, colour_column = st.columns(2)
    with size_column:
        size: int = st.selectbox(_("Size"), SIZES, format_func=lambda side: f"{side} x {side}")
    with colour_column:
        colour: str = st.selectbox(
            _("Colours"), list(COLOURS), format_func=lambda name: _(_COLOUR_NAMES[name])
        )
    name = st.text_input(
        _("Name of the data set"),
        _suggested(file.name) if file else "",
        key=f"upload-name-{turn}-{file.file_id if file else ''}",
        help=_("Letters, digits, dot, dash and underscore."),
    )
    pressed = st.button(_("Add these images"), icon=":material/add_photo_alternate:")
    if not pressed:
        return
    if file is None:
        st.warning(_("Choose a zip file first."), icon=":material/upload:")
        return
    bar = st.progress(0.0, text=_("Reading …"))

    def on_progress(done: int, total: int) -> None:
        # A message for each of thousands of images would take longer than the images.
        if done % max(1, total // 100) == 0:
            bar.progress(
                done / total,
                text=_("{done} of {total} images").format(
                    done=formatted(done, ","), total=formatted(total, ",")
                ),
            )

    try:
        added = intake.add(
            file,
            name,
            size,
            colour,
            source_name=file.name,
            progress=on_progress,
            allowed=allowed(loaders.runs_root()),
        )
    except UserError as error:
        bar.empty()
        show_error(error)
        return
    st.session_state[ADDED] = added.manifest.registered
    st.session_state[_SAID] = added.words()
    st.session_state[_TURN] = turn + 1
    st.rerun()


def _removing(name: str) -> None:
    plain = name.removeprefix(folder.PREFIX)
    if not may_change(folder.directory_of(plain)):
        return
    with st.popover(
        _("Remove {data}").format(data=plain), icon=":material/delete:", key=f"remove-{plain}"
    ):
        st.write(
            _(
                "Its images are gone for good. Models that were trained on them stay, "
                "but have no originals to compare with."
            )
        )
        if st.button(_("Remove it"), key=f"do-remove-{plain}", type="primary"):
            try:
                folder.remove(plain)
            except UserError as error:
                show_error(error)
                return
            st.rerun()
