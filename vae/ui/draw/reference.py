"""What test images cost a run, measured once for each version of it, beside the page."""

from __future__ import annotations

import threading

import streamlit as st

from vae.analysis.draw_reading import Floats, reference_scores
from vae.data import ImageData
from vae.errors import UserError
from vae.runs import Run
from vae.ui.shared import loaders


class Reference:
    """Test images of a run and their scores, as they come.

    Reading the images imports what takes over a second, and measuring takes seconds, so both are
    done in a thread: the page shows all else meanwhile.
    """

    def __init__(self, run: Run) -> None:
        self.data: ImageData | None = None
        self.scores: Floats | None = None
        self.problem = ""
        self.is_done = False
        self._run = run
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Begin to measure, unless that has been done."""
        with self._lock:
            if self._thread is None:
                name = f"scores-{self._run.name}"
                self._thread = threading.Thread(target=self._measure, name=name, daemon=True)
                self._thread.start()

    def _measure(self) -> None:
        try:
            version = self._run.version
            data = loaders.data_of(self._run)
            choices = loaders.surroundings(self._run, version).choices
            self.scores = reference_scores(loaders.model(self._run, version), data, choices)
            self.data = data
        except UserError as error:
            self.problem = str(error)
        finally:
            self.is_done = True


@st.cache_resource(max_entries=8, show_spinner=False)
def reference(_run: Run, version: str, *, ready: bool) -> Reference | None:
    """Return the reference of a run, or None where its images are not here."""
    return Reference(_run) if ready else None
