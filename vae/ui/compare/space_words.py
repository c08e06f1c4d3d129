"""Sentences of the Compare page on what random codes are drawn from, and where they fall."""

from __future__ import annotations

from vae.analysis.compare_space import DRAWS
from vae.models import check_family
from vae.runs import Run

_WHAT = (
    "Dashed circles: 1 and 2 standard deviations of what random codes are drawn from. **Blue** "
    "places are near test codes; **yellow to brown** places are holes: codes are rarer there than "
    "at 99% of the codes themselves, so what they decode to is a guess."
)
_BOTH = (
    " What to see: the prior pulls a VAE's codes together until they fill its rings, so that a "
    "random code decodes to something. Nothing asks that of an autoencoder: its codes lie in arms "
    "with holes between them, and a Gaussian laid over them draws from the holes, too. In the "
    "pictures below, look for tiles that are no image of any class."
)

EXPLAINED = {False: _WHAT, True: _WHAT + _BOTH}
"""What stands above the maps of holes: with and without both kinds of run."""


def _source(run: Run) -> str:
    kind = check_family(run.config.model.family).model
    if not kind.is_continuous:
        return "its learned prior over codes"
    return "the prior N(0, I)" if kind.has_prior else "a Gaussian fitted to its codes"


def family_words(run: Run) -> str:
    """Say what a run's samples are drawn from."""
    return f"from {_source(run)}"


def hole_words(run: Run, share: float) -> str:
    """Say how many random codes fall into holes."""
    return f"**{share:.1%}** of {DRAWS:,} codes drawn from {_source(run)} fall into a hole."
