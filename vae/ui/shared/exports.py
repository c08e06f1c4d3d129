"""What can be taken away from a model, and taking in one that was."""

from functools import partial

import streamlit as st

from vae.analysis import transfer
from vae.errors import UserError
from vae.locale import _
from vae.models import check_family
from vae.runs import Run
from vae.storage.archive import MAX_ZIP_BYTES, MEGA
from vae.training.command import train_command
from vae.ui.shared import loaders
from vae.ui.shared.errors import plain, show_error
from vae.ui.shared.show import offer_download, show_note

_TURN = "import-turn"


def show_exports(run: Run) -> None:
    """Offer a model as a zip and as ONNX, its curves as CSV, and the command that repeats it."""
    try:
        transfer.check_at_rest(run)
    except UserError as error:
        show_note(str(error))
    else:
        _files(run)
    st.write(_("This command trains one like it:"))
    st.code(train_command(run.config), language="bash", wrap_lines=True)


def _files(run: Run) -> None:
    is_continuous = check_family(run.config.model.family).model.is_continuous
    with st.container(horizontal=True):
        offer_download(
            _("The model (zip)"),
            partial(transfer.zip_run, run),
            f"{run.name}.zip",
            key="export-zip",
            help=_(
                "Settings, weights, curves, codes and pictures. Page Models takes it in elsewhere."
            ),
        )
        if is_continuous:
            offer_download(
                _("Encoder and decoder (ONNX)"),
                partial(transfer.zip_onnx, run),
                f"{run.name}-onnx.zip",
                key="export-onnx",
                help=_("For other programs: x to mu and logvar, z to the mean picture."),
            )
        offer_download(
            _("Curves (CSV)"),
            partial(transfer.metrics_csv, run),
            f"{run.name}-metrics.csv",
            key="export-csv",
            help=_("The terms of the loss, by epoch and by window of steps."),
        )
    if not is_continuous:
        st.caption(_("Its codes are discrete: only models with continuous codes become ONNX."))


def show_import() -> Run | None:
    """Offer to take in a model's zip; return the run once there is one."""
    with st.expander(_("Take in a model"), icon=":material/upload:"):
        st.caption(
            _(
                "The zip of a model that another explorer has given out: every file of it is "
                "checked. Everyone who uses this explorer can see the model."
            )
        )
        turn = st.session_state.get(_TURN, 0)
        file = st.file_uploader(
            _("Zip file"), type="zip", max_upload_size=MAX_ZIP_BYTES // MEGA, key=f"import-{turn}"
        )
        name = st.text_input(
            _("Name"), key=f"import-name-{turn}", help=_("Its own name unless you give another.")
        )
        pressed = st.button(_("Take it in"), icon=":material/input:", disabled=file is None)
        if not pressed or file is None:
            return None
        try:
            with st.spinner(_("Checking …")):
                run = transfer.import_run(
                    file, name.strip() or None, loaders.runs_root(), source_name=file.name
                )
        except UserError as error:
            show_error(plain(str(error)))
            return None
    st.session_state[_TURN] = turn + 1
    return run
