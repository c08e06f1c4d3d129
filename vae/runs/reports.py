"""The reports of runs, ``metrics.jsonl``: of a file that was read before, only what is new."""

import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from vae.runs.checks import is_report
from vae.storage.files import opened, parse_json

Report = dict[str, Any]

_LIMIT = 256_000_000
"""Bytes; ten thousand epochs, each with its ten windows of steps, are a tenth of it."""
_KEPT_REPORTS = 150_000
"""About a kilobyte each."""
_MARK_BYTES = 256


class _Read(NamedTuple):
    """What has been read of a file."""

    version: tuple[int, ...]
    """Disk, place on it, size and time of the change."""
    reports: list[Report]
    """Of its whole lines."""
    end: int
    """Where they end."""
    mark: bytes
    """What stands before that: in a file that was written anew, something else."""
    last: list[Report]
    """Of the line after them, which may be half written."""


_kept: OrderedDict[Path, _Read] = OrderedDict()
_lock = threading.Lock()


def read_reports(path: Path) -> list[Report]:
    """Return the reports in a file that grows, oldest first; none where there is no file.

    A line that is no whole report is left out.
    """
    with _lock:
        before = _kept.get(path)
    try:
        with opened(path, _LIMIT) as (file, about):
            now = _go_on(file, about, before)
    except OSError:
        return []
    with _lock:
        _kept[path] = now
        _kept.move_to_end(path)
        while len(_kept) > 1 and sum(len(each.reports) for each in _kept.values()) > _KEPT_REPORTS:
            _kept.popitem(last=False)
    return now.reports + now.last


def _go_on(file: BinaryIO, about: os.stat_result, before: _Read | None) -> _Read:
    version = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns)
    reports: list[Report] = []
    start, mark = 0, b""
    if before is not None:
        if version == before.version:
            return before
        if version[:2] == before.version[:2] and version[2] > before.version[2]:
            file.seek(before.end - len(before.mark))
            if file.read(len(before.mark)) == before.mark:
                reports, start, mark = before.reports, before.end, before.mark
    file.seek(start)
    found = file.read(about.st_size - start)
    whole = found.rfind(b"\n") + 1
    return _Read(
        version,
        reports + _parse(found[:whole]),
        start + whole,
        (mark + found[:whole])[-_MARK_BYTES:],
        _parse(found[whole:]),
    )


def _parse(text: bytes) -> list[Report]:
    reports = []
    for line in text.decode(errors="replace").split("\n"):
        try:
            found = parse_json(line)
        except ValueError:
            continue
        if is_report(found):
            reports.append(found)
    return reports
