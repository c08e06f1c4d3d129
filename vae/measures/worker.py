"""The process that measures one run for a page: ``python -m vae.measures.worker RUN SAMPLES``.

It tells how far it is on standard output, a line of JSON ``[what, share]`` each time, and what a
user got wrong on standard error, in one sentence, with exit code 2. It ends when nobody listens.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from vae.errors import UserError
from vae.measures.report import keep, measure_run
from vae.runs import Run

_REPORT_S = 0.2


def main() -> int:
    """Measure and keep; return the exit code."""
    try:
        directory, samples = Path(sys.argv[1]), int(sys.argv[2])
    except (IndexError, ValueError):
        print("give the folder of a run and a number of samples.", file=sys.stderr)
        return 2
    told_at, told = 0.0, ""

    def tell(doing: str, share: float) -> None:
        nonlocal told_at, told
        if doing != told or time.monotonic() - told_at > _REPORT_S:
            told_at, told = time.monotonic(), doing
            print(json.dumps([doing, share]), flush=True)

    try:
        run = Run(directory)
        keep(run, measure_run(run, samples, tell))
    except UserError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2
    except MemoryError:
        print("the memory of this machine is not enough to measure this run.", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The server has gone: what Python would still write at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
