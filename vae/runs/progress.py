"""What pages and command lines say in the same words."""

from __future__ import annotations


def time_left(seconds: float) -> str:
    """Say how long something still takes."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s left"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min left"
    return f"about {seconds / 3600:.1f} h left"
