"""What a study has asked for, once the study's process is killed: a real one, with real workers."""

from pathlib import Path

import psutil
import pytest
from queued_runs import LONG, wait_for_epoch
from waiting import wait

from vae import runs
from vae.runs import queue
from vae.studies import STUDIES
from vae.studies.engine import background


def states(root: Path, study: str) -> list[str]:
    queue.start_next(root)
    found = [run.status() for run in runs.list_runs(root)]
    return sorted(
        "waiting" if status.waits else status.state for status in found if status.study == study
    )


@pytest.mark.slow
def test_a_killed_study_leaves_no_run_that_trains_or_waits(root, tmp_path, make, spawn):
    mine = make("mine", epochs=LONG)
    queue.submit(mine)
    wanted = STUDIES["latent-size"].settings(
        dataset="digits", epochs=LONG, seeds=1, values=(2.0, 3.0)
    )
    folder = tmp_path / "result"
    arguments = [*wanted.arguments(), "--out", folder, "--runs", root, "--at-once", 2]
    key = str(folder.resolve())
    study = spawn(*arguments)
    # Two places: one is a person's, so the study's second run waits.
    wait(lambda: states(root, key) == ["running", "waiting"])
    (trains,) = (
        one for one in runs.list_runs(root) if one.status().state == "running" and one != mine
    )
    wait_for_epoch(trains)
    process = trains.status()

    study.kill()
    study.wait()
    wait(lambda: states(root, key) == ["interrupted", "queued"])
    reached = trains.status()
    assert reached.error == "the study that asked for it has ended before it."
    assert reached.epoch == trains.epochs()[-1]["epoch"] >= process.epoch
    queue.cancel(mine)
    wait(lambda: mine.status().state == "cancelled")
    assert states(root, key) == ["interrupted", "queued"], "a free place is no reason to start one"
    wait(lambda: process.pid is not None and not psutil.pid_exists(process.pid))

    again = spawn(*arguments)
    wait(lambda: states(root, key) == ["running", "running"])
    wait(lambda: trains.status().epoch > reached.epoch)
    background.stop(folder)
    assert again.wait(timeout=120) == 130
    assert states(root, key) == ["cancelled", "cancelled"]


def test_a_run_that_a_person_takes_over_is_no_longer_the_studys(
    run,
):
    gone = runs.Status(queued_at=1.0, study="s", study_process=runs.Status(pid=2**22 + 1))
    run.write_status(gone)
    assert (run.status().state, run.status().waits) == ("queued", False)
    run.write_status(gone.model_copy(update={"epoch": 2}))
    assert (run.status().state, run.status().waits) == ("interrupted", False)
    runs.claim(run)
    now = run.status()
    assert (now.state, now.epoch, now.study, now.is_abandoned) == ("running", 2, "", False)
