"""The ELBOs of test images, measured once for each version of a run, beside the page."""

from __future__ import annotations

import threading

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from vae.data import ImageData
from vae.draw import reference_elbos
from vae.errors import UserError
from vae.runs import Run
from vae.ui import loaders


class Reference:
    """Test images of a run and their ELBOs, as they come.

    Reading the images imports what takes over a second, and measuring takes seconds, so both are
    done in a thread: the page shows all else meanwhile.
    """

    def __init__(self, run: Run) -> None:
        self.data: ImageData | None = None
        self.elbos: NDArray[np.float32] | None = None
        self.problem = ""
        self.is_done = False
        self._run = run
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Begin to measure, unless that has been done."""
        with self._lock:
            if self._thread is None:
                name = f"elbos-{self._run.name}"
                self._thread = threading.Thread(target=self._measure, name=name, daemon=True)
                self._thread.start()

    def _measure(self) -> None:
        try:
            data = loaders.dataset(self._run.config.data.dataset)
            self.elbos = reference_elbos(loaders.model(self._run, self._run.version), data)
            self.data = data
        except UserError as error:
            self.problem = str(error)
        finally:
            self.is_done = True


@st.cache_resource(max_entries=8, show_spinner=False)
def reference(_run: Run, version: str, *, ready: bool) -> Reference | None:
    """Return the reference of a run, or None where its images are not here."""
    return Reference(_run) if ready else None
