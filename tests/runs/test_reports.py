"""Reports of a file that grows: read on, and anew where it is another file."""

import json
import os
from pathlib import Path

import pytest

from vae.runs import reports
from vae.runs.reports import read_reports
from vae.storage.files import write_atomic

TERMS = {"loss": 3.0, "recon_loss": 2.0, "kl": 1.0, "penalty": None}


def line(epoch: int) -> bytes:
    report = {"kind": "epoch", "epoch": epoch, "steps_per_epoch": 9, "seconds": 1.5}
    return json.dumps(report | {"train": TERMS, "test": TERMS}).encode() + b"\n"


def append(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)


def epochs(path: Path) -> list[int]:
    return [report["epoch"] for report in read_reports(path)]


@pytest.fixture
def parsed(monkeypatch) -> list[int]:
    """How many bytes were parsed at each reading."""
    sizes: list[int] = []
    parse = reports._parse
    monkeypatch.setattr(reports, "_parse", lambda text: (sizes.append(len(text)), parse(text))[1])
    return sizes


@pytest.fixture
def path(tmp_path) -> Path:
    found = tmp_path / "metrics.jsonl"
    found.write_bytes(b"".join(map(line, range(1, 1001))))
    return found


def test_only_what_was_appended_is_read(path, parsed):
    assert epochs(path) == list(range(1, 1001))
    parsed.clear()
    assert epochs(path) == list(range(1, 1001))
    assert parsed == []
    # A line of which a part is there, then the rest and another one.
    append(path, line(1001)[:40])
    assert epochs(path)[-1] == 1000
    append(path, line(1001)[40:] + line(1002))
    assert epochs(path) == list(range(1, 1003))
    append(path, line(1003)[:-1])
    assert epochs(path)[-1] == 1003, "whole but for the end of the line"
    append(path, b"\nno report\n" + line(1004))
    assert epochs(path) == list(range(1, 1005))
    assert sum(parsed) < 10 * len(line(1000))
    found = read_reports(path)
    found.clear()
    assert len(read_reports(path)) == 1004


@pytest.mark.parametrize("size", ["smaller", "equal", "larger"])
@pytest.mark.parametrize("way", ["in place", "replaced"])
def test_another_file_in_its_place_is_read_anew(path, size, way):
    first, count = {"smaller": (2001, 5), "equal": (1, 1000), "larger": (2001, 2000)}[size]
    assert len(epochs(path)) == 1000
    before = path.stat()
    wanted = list(range(first, first + count))
    if size == "equal":
        wanted.reverse()
    content = b"".join(map(line, wanted))
    path.write_bytes(content) if way == "in place" else write_atomic(path, content)
    if path.stat().st_mtime_ns == before.st_mtime_ns:
        os.utime(path, ns=(1, 1))
    assert epochs(path) == wanted


def test_a_file_that_goes_and_comes_back(path, tmp_path):
    assert len(epochs(path)) == 1000
    path.rename(tmp_path / "away")
    assert epochs(path) == []
    path.write_bytes(line(7))
    assert epochs(path) == [7]


def test_what_is_kept_is_bounded(tmp_path, monkeypatch, parsed):
    monkeypatch.setattr(reports, "_KEPT_REPORTS", 25)
    paths = [tmp_path / str(number) for number in range(4)]
    for path in paths:
        path.write_bytes(line(1) * 10)
        assert len(epochs(path)) == 10
    assert sum(len(each.reports) for each in reports._kept.values()) <= 25
    parsed.clear()
    assert len(epochs(paths[3])) == len(epochs(paths[0])) == 10
    assert parsed == [10 * len(line(1)), 0], "the oldest is read again"
