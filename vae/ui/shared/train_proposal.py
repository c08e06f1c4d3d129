"""Ways from other pages to the Train page, with settings that it begins with."""

from __future__ import annotations

from typing import Any

import streamlit as st


def offer_training(label: str, preset: str, dataset: str, command: str, **settings: Any) -> None:
    """Show a button that opens the Train page with settings, and the command that does the same.

    Parameters
    ----------
    preset
        One of the Train page's presets: what ``settings`` leave open.
    settings
        What widgets of the Train page hold, by the names of their fields.
    """
    if st.button(label, icon=":material/model_training:"):
        # Imported here: the page that only shows the button does without the controls.
        from vae.data import spec_of
        from vae.ui.train.controls import preset_state
        from vae.ui.train.data import data_state
        from vae.ui.train.options import hold

        state = preset_state(preset) | data_state(spec_of(dataset)) | settings
        hold(**{**state, "preset": None})
        # Named, if empty: Streamlit refuses to clear an address that widgets are bound to.
        st.switch_page("pages/train.py", query_params={})
    st.caption("Or in a terminal:")
    st.code(command, language="bash", wrap_lines=True)
