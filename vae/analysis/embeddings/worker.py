"""The process that computes one embedding, as a task asks for it."""

import os
import sys
from pathlib import Path

import numpy as np

from vae.analysis.embeddings import cache
from vae.analysis.embeddings.methods import embed
from vae.analysis.embeddings.settings import make
from vae.runs.tasks import Report, Task, work_on
from vae.storage.files import Arrays


def compute(task: Task, arrays: Arrays, report: Report) -> None:
    """Compute an embedding and put the result in its place."""
    settings = make(**task.inputs["settings"])
    threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
    codes = arrays["mu"].astype(np.float32)
    places = embed(codes, settings, lambda done, total: report("", done / total), threads)
    cache.write_result(Path(task.subject), places)


if __name__ == "__main__":
    sys.exit(work_on(compute))
