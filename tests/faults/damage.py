"""Damaged files of a run, made from a seed: every kind of file, every kind of damage."""

import json
import os
import random
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

FILES = (
    *("config.json", "status.json", "metrics.jsonl", "evaluation.json", "measures.json"),
    *("model.safetensors", "codes.safetensors", "pictures.safetensors", "resume.safetensors"),
    *("embeddings.safetensors", "live.safetensors", "owner.json"),
)
JSONS = (
    *(b"", b"null", b"[]", b"3", b'"text"', b'{"mse": 0.07}', b"{}", b"[" * 200_000, b"1" * 5000),
    *(b'{"elbo": 1e999}', b'{"epoch": ' + b"9" * 400 + b"}", b"\xff\xfe\x00", b"NaN"),
    b'{"state": "running", "pid": 1}',
    b'{"owner": ["x"], "name": {}}',
)
PICKLE = b"\x80\x04\x95\x1e\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94."


def _cut(path: Path, rng: random.Random) -> None:
    content = path.read_bytes() if path.exists() else b""
    path.write_bytes(content[: rng.randrange(len(content) + 1)])


def _flip(path: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes() if path.exists() else b"{}")
    for _ in range(rng.choice((1, 1, 8, 200))):
        if content:
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(bytes(content))


def _other_json(path: Path, rng: random.Random) -> None:
    path.write_bytes(rng.choice(JSONS))


def _pickle(path: Path, rng: random.Random) -> None:
    path.write_bytes(PICKLE + rng.randbytes(rng.randrange(64)))


def _directory(path: Path, rng: random.Random) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def _link(path: Path, rng: random.Random) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(rng.choice(("/dev/zero", "/etc/hostname", path.name, "/nowhere")))


def _pipe(path: Path, rng: random.Random) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def _absurd_shape(path: Path, rng: random.Random) -> None:
    shape = rng.choice(([2**40], [0], [2**31, 2**31], [-1], [1] * 70, [3, 5]))
    kind = rng.choice(("F32", "U8", "I64", "BF16", "F8_E4M3", "Q7"))
    names = rng.choice((("mu", "label"), ("weight",), ("epochs", "history"), ("x" * 10_000,)))
    end = rng.choice((4, 60, 2**50))
    entry = {"dtype": kind, "shape": shape, "data_offsets": [0, end]}
    header = json.dumps(dict.fromkeys(names, entry)).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(60))


def _huge_header(path: Path, rng: random.Random) -> None:
    path.write_bytes(struct.pack("<Q", rng.choice((2**33, 2**63 - 1, 99_999_999))) + b"{" * 64)


def _gone(path: Path, rng: random.Random) -> None:
    path.unlink(missing_ok=True)


DAMAGES: dict[str, Callable[[Path, random.Random], None]] = {
    "cut": _cut,
    "flip": _flip,
    "other JSON": _other_json,
    "pickle": _pickle,
    "directory": _directory,
    "link": _link,
    "pipe": _pipe,
    "absurd shape": _absurd_shape,
    "huge header": _huge_header,
    "gone": _gone,
}


def damage(run: Path, seed: int) -> str:
    """Damage one file of a run's folder; return what was done, in words."""
    rng = random.Random(seed)
    file, kind = rng.choice(FILES), rng.choice(list(DAMAGES))
    DAMAGES[kind](run / file, rng)
    return f"{file}: {kind} (seed {seed})"


def restore(run: Path, whole: Path) -> None:
    """Put a run's folder back as it is in ``whole``."""
    shutil.rmtree(run)
    shutil.copytree(whole, run)
