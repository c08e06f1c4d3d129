"""The process that computes one embedding.

``python -m vae.analysis.embeddings.worker FOLDER KEY SERVER``. It ends with the server
that has started it, whose process id is the last argument.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import psutil

from vae.analysis.embeddings import cache
from vae.analysis.embeddings.methods import embed
from vae.errors import UserError

_WATCH_S = 0.5
_CLAIM_S = 20.0
_REPORT_S = 0.2


def _end_with(server: psutil.Process, folder: Path, key: str) -> None:
    """End this process when the server's is gone, whatever else is going on."""

    def watch() -> None:
        while server.is_running() and server.status() != psutil.STATUS_ZOMBIE:
            time.sleep(_WATCH_S)
        cache.forget_work(folder, key)
        os._exit(1)

    def guarded() -> None:
        try:
            watch()
        except psutil.Error:
            cache.forget_work(folder, key)
            os._exit(1)

    threading.Thread(target=guarded, daemon=True).start()


def _claimed(folder: Path, key: str) -> cache.Work | None:
    """Wait until the server has noted this process: it writes the note, so it must come first."""
    until = time.monotonic() + _CLAIM_S
    while time.monotonic() < until:
        work = cache.read_work(folder, key)
        if work is not None and work.state == "running":
            return work
        time.sleep(0.01)
    return None


def run(folder: Path, key: str, threads: int) -> int:
    """Compute an embedding and put the result in its place; return the exit code."""
    work = _claimed(folder, key)
    if work is None:
        return 1
    reported = 0.0

    def report(done: int, total: int) -> None:
        nonlocal reported
        if time.monotonic() - reported > _REPORT_S:
            reported = time.monotonic()
            cache.write_progress(folder, key, done, total)

    try:
        places = embed(cache.read_codes(folder, key), work.settings, report, threads)
        cache.write_result(folder, key, places)
    except UserError as error:
        message = str(error)
    except MemoryError:
        message = "the memory of this machine is not enough: take fewer points."
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        message = f"the method failed ({type(error).__name__}: {error}): try other settings."
    else:
        cache.forget_work(folder, key)
        return 0
    cache.forget_work(folder, key)
    failed = work.model_copy(update={"state": "failed", "error": message, "pid": None})
    cache.write_work(folder, key, failed)
    return 2


def main() -> None:
    """Read the arguments and work."""
    try:
        folder, key, pid = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    except (IndexError, ValueError):
        print("give the folder, the key and the process id of the server.", file=sys.stderr)
        raise SystemExit(2) from None
    try:
        _end_with(psutil.Process(pid), folder, key)
    except psutil.Error:  # It is gone already.
        cache.forget_work(folder, key)
        raise SystemExit(1) from None
    sys.exit(run(folder, key, int(os.environ.get("OMP_NUM_THREADS", "1"))))


if __name__ == "__main__":
    main()
