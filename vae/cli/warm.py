"""The process that :mod:`vae.runs.warm` keeps ready, and that becomes ``python -m vae``."""

import contextlib
import sys
from collections.abc import Callable
from dataclasses import replace

from vae.runs import warm


def _prepare(is_wanted: Callable[[], bool]) -> None:
    """Import what a training needs, and take first steps of one: they find what loads late."""
    import vae.cli.app
    import vae.cli.progress  # noqa: F401
    from vae.data import load, status
    from vae.models.nets import ARCHS
    from vae.training.loop import fit
    from vae.training.plan import plan

    digits = load("digits")
    few = replace(digits, train=digits.train[:64], test=digits.test[:64])
    for arch in ARCHS:
        config = plan(
            "vae",
            name="warm",
            data={"dataset": "digits"},
            model={"arch": arch},
            # Not on a GPU: that would keep some of its memory from those who train.
            train={"epochs": 1, "batch_size": 32, "device": "cpu"},
        )
        for _ in fit(config, few):
            if is_wanted():
                return
    if status("mnist").ready:
        load("mnist")  # What the system has read once, it has at hand.


def main() -> None:
    """Prepare, wait for a command, and run it."""
    is_wanted, wait = warm.listen()
    # Whatever is wrong with it, the run says so in its own log.
    with contextlib.suppress(Exception):
        _prepare(is_wanted)
    sys.argv = wait()
    from vae.cli.app import main as run

    run()


if __name__ == "__main__":
    main()
