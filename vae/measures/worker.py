"""The process that measures one run, as a task asks for it."""

import sys
from pathlib import Path

from vae.measures.report import alone, keep, measure_run, measure_standard
from vae.runs import Run
from vae.runs.tasks import Report, Task, work_on
from vae.storage.files import Arrays


def measure(task: Task, arrays: Arrays, report: Report) -> None:
    """Measure a run and keep its figures."""
    run, num_samples = Run(Path(task.subject)), task.inputs["num_samples"]
    with alone(run):
        if num_samples is None:
            measure_standard(run)
        else:
            keep(run, measure_run(run, num_samples, report))


if __name__ == "__main__":
    sys.exit(work_on(measure))
