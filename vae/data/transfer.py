"""Bringing a file from one of several servers: pooch checks it, and a transfer can go on later."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlparse

import pooch
import requests
import urllib3

from vae.locale import _
from vae.locale.numbers import formatted

TIMEOUT_S = 15.0
"""How long a server may send nothing."""
_CHUNK = 1 << 16
_TRIES = 5
"""So often one server is asked, as long as each try brings something else than the one before."""

# pooch raises a ValueError where a file has another checksum.
_BROKEN = (urllib3.exceptions.ProtocolError, ValueError)
_FAILED = (requests.RequestException, urllib3.exceptions.HTTPError, *_BROKEN)

Report = Callable[[int], None]


def fetch(mirrors: tuple[str, ...], name: str, md5: str, into: Path, report: Report) -> None:
    """Bring the file ``name`` into a folder, unless it is there.

    What a transfer leaves in ``<name>.part`` when it breaks off, the next try goes on from, with
    the same server or another.

    Raises ConnectionError if no server has given it; the message says in words what each of them
    did; OSError if it cannot be saved.

    ``mirrors``: addresses that end in a slash, in the order in which they are tried; ``report``:
    called with the bytes that are there.
    """
    pooch.get_logger().setLevel("WARNING")  # Otherwise each file is reported on stderr.
    part = into / f"{name}.part"

    def bring(url: str, target: str, _: object) -> None:
        resume(url, part, report)
        os.replace(part, target)

    said = []
    for mirror in mirrors:
        before, reason = -1, ""
        for _try in range(_TRIES):
            had = part.stat().st_size if part.exists() else 0
            if had == before:
                break
            before = had
            try:
                pooch.retrieve(mirror + name, f"md5:{md5}", name, into, downloader=bring)
                return
            except _FAILED as error:
                reason = _plain(error)
                if not isinstance(error, _BROKEN):
                    break
        said.append(f"{urlparse(mirror).netloc}: {reason}")
    raise ConnectionError("; ".join(said))


def resume(url: str, part: Path, report: Report) -> None:
    """Bring what ``part`` lacks of a file, or all of it where a server cannot begin in the middle.

    Raises requests.RequestException or urllib3.exceptions.HTTPError if it does not arrive; what has
    arrived stays; OSError if it cannot be saved.
    """
    had = part.stat().st_size if part.exists() else 0
    # Packed files are to arrive as they are.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={had}-"} if had else {})
    with requests.get(url, headers=headers, timeout=TIMEOUT_S, stream=True) as answer:
        if had and answer.status_code == requests.codes.requested_range_not_satisfiable:
            return  # It is here whole, or longer than it should be: its checksum tells.
        answer.raise_for_status()
        goes_on = answer.status_code == requests.codes.partial_content and answer.headers.get(
            "Content-Range", ""
        ).startswith(f"bytes {had}-")
        with part.open("ab" if goes_on else "wb") as file:
            read = partial(answer.raw.read1, _CHUNK, decode_content=False)
            for chunk in iter(read, b""):
                file.write(chunk)
                file.flush()  # A kill must not cost more than a piece.
                report(file.tell())


def _plain(error: Exception) -> str:
    """Say in words why a file has not arrived."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return _("the server answered {status_code} {reason}").format(
            status_code=error.response.status_code, reason=error.response.reason
        )
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return _("the server sent nothing for {timeout_s} seconds").format(
            timeout_s=formatted(TIMEOUT_S, "g")
        )
    if isinstance(error, _BROKEN):
        return _("the transfer broke off or was changed on the way")
    cause: BaseException | None = error
    while cause is not None and not getattr(cause, "strerror", None):
        cause = cause.__cause__ or cause.__context__
    return _("no connection ({reason})").format(
        reason=cause.strerror if isinstance(cause, OSError) else error
    )
