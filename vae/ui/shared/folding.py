"""A panel of settings that folds when what it starts has begun."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from vae.locale import _


class FoldingPanel:
    """Settings under one label, unfolded or not as the page begins."""

    def __init__(self, page: str, label: str) -> None:
        self._turns = f"{page}-started"
        self._label = label

    def show(self, *, expanded: bool) -> DeltaGenerator:
        turn = st.session_state.get(self._turns, 0)
        key = f"{self._turns}-{turn}"
        return st.expander(_(self._label), icon=":material/add:", expanded=expanded, key=key)

    def fold(self) -> None:
        """Let it begin folded at the next run: what has begun is in sight."""
        st.session_state[self._turns] = st.session_state.get(self._turns, 0) + 1
