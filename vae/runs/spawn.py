"""A process of this program: what it is to do, and its start."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import vae
from vae.people.person import ACTS_FOR
from vae.runs import processes

SERVER = "VAE_ENDS_WITH"
"""Variable that names the process with which a process ends."""


@dataclass(frozen=True)
class Command:
    """A process to be started."""

    arguments: tuple[str, ...]
    """After ``python -m``."""
    log: Path
    """Takes what it prints."""
    threads: int
    outlives: bool
    """Whether it goes on when the server ends."""
    appends: bool = False
    """Whether what the log holds already stays."""
    may_be_warm: bool = False
    """Whether a process that waits for work (:mod:`vae.runs.warm`) may do it."""
    owner: str = ""
    """Whose the things are that it makes."""


def spawn(command: Command, stdin: int, out: int | IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a process of low priority; raises OSError if that cannot be done."""
    child = subprocess.Popen(
        [sys.executable, "-m", *command.arguments],
        cwd=Path(vae.__file__).resolve().parents[1],
        env=_environment(command),
        stdin=stdin,
        stdout=out,
        stderr=out,
        **_apart(command),
    )
    processes.be_nice(child.pid)
    return child


def _environment(command: Command) -> dict[str, str]:
    from vae.data import (
        data_dir,  # With torch, which a process that only starts here need not have.
    )

    count = str(command.threads)
    found = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), count)
    # A relative folder of the data would be another one from where the process runs.
    found |= {"OPENBLAS_NUM_THREADS": count, "VAE_DATA_DIR": str(data_dir().resolve())}
    found[ACTS_FOR] = command.owner
    found["VAE_LANGUAGE"] = "en"  # What it writes is told again in the reader's language.
    if command.outlives:
        found.pop(SERVER, None)
    else:
        # What one of them starts next ends with the same server.
        found.setdefault(SERVER, str(os.getpid()))
    return found


def _apart(command: Command) -> dict[str, Any]:
    """Return how to start a process that neither Ctrl-C on the server nor its end reaches."""
    if os.name == "nt":
        group = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) if command.outlives else 0
        return {"creationflags": group | getattr(subprocess, "CREATE_NO_WINDOW", 0)}
    return {"start_new_session": command.outlives}
