"""Shows a run's model within its epochs, in a few percent of the time of training."""

import time

import numpy as np

from vae.data import ImageData
from vae.runs import Run
from vae.runs.live import Live, write_live
from vae.training.loop import Pictures, fixed_indices, num_codes, pictures_of
from vae.training.metrics import Codes, encode_all
from vae.training.projection import Floats, Projection, fit_projection, turned_like
from vae.training.state import TrainState

EVERY_S = 1.0
SHARE = 0.03
"""Of the time, at most, beyond what the beginning is given."""
BEGINNING_S = 1.0
MAX_CODES = 500


class LiveView:
    """Writes ``live.safetensors``, and says when it is time to."""

    def __init__(self, run: Run, state: TrainState, data: ImageData) -> None:
        self._run, self._state = run, state
        self._codes = data.test[: num_codes(run.config.model.latent_dim)]
        self._train, self._test = (
            split[fixed_indices(split.labels)].to(state.device) for split in (data.train, data.test)
        )
        self._label = self._codes.labels[:MAX_CODES].numpy().astype(np.int16)
        self.fixed: Projection | None = None
        """The plane of the run, from the end of its first epoch on."""
        self._turning: Projection | None = None
        self._first_at = self._began = self._due = 0.0
        self._spent = 0.0

    def is_due(self, *, is_seen: bool = False) -> bool:
        """Whether it is time to; sooner where pictures and codes are there already."""
        return time.monotonic() >= (self._began + EVERY_S if is_seen else self._due)

    def look(self, count: int | None = None) -> tuple[Pictures, Codes]:
        """Return pictures of the model as it is, and codes: ``count``, or all that are kept."""
        model = self._state.model
        was_training = model.training
        model.eval()
        try:
            return pictures_of(model, self._train, self._test), encode_all(
                model, self._codes[:count]
            )
        finally:
            model.train(was_training)

    def __call__(self, found: tuple[Pictures, Codes] | None = None) -> None:
        """Write what was ``found`` already, or else what can be seen now."""
        began = self._began = time.monotonic()
        pictures, codes = found or self.look(MAX_CODES)
        self._write(pictures, codes.mu[: len(self._label)].numpy())
        self._first_at = self._first_at or began
        self._spent += time.monotonic() - began
        self._due = max(began + EVERY_S, self._first_at + (self._spent - BEGINNING_S) / SHARE)

    def _write(self, pictures: Pictures, mu: Floats) -> None:
        if not np.isfinite(mu).all():
            return  # The next report ends the training, in words.
        state = self._state
        plane = self.fixed
        if plane is None:
            plane = self._turning = turned_like(fit_projection(mu), self._turning)
        is_fixed = self.fixed is not None or not plane.arrays()
        live = Live(
            state.epoch,
            state.step,
            state.steps_per_epoch,
            state.seconds,
            is_fixed,
            **pictures._asdict(),
            plane=plane.project(mu),
            label=self._label,
            center=plane.center.astype(np.float32),
            axes=plane.axes.astype(np.float32),
        )
        write_live(self._run.directory, live)
