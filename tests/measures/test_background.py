"""Measuring in a process of its own, beside the pages."""

import json

import pytest
from waiting import wait

from vae.errors import UserError
from vae.measures import background, worker
from vae.measures.report import read
from vae.runs import tasks

pytestmark = pytest.mark.usefixtures("one_thread")


def digits_run(tmp_path, name="one", dataset="digits"):
    from family_runs import make_family_run

    run = make_family_run("vae", tmp_path, name)
    if dataset != "digits":
        config = json.loads((run.directory / "config.json").read_text())
        config["data"]["dataset"] = dataset
        (run.directory / "config.json").write_text(json.dumps(config))
    return run


@pytest.fixture
def root(tmp_path):
    """A folder of runs; whatever is measured there ends with the test."""
    yield tmp_path
    for key in tasks.all_tasks(tasks.folder_of(tmp_path)):
        tasks.stop(tmp_path, key)


def wait_for(run, *states):
    wait(lambda: background.look(run, full=True).state in states)
    return background.look(run, full=True)


def test_runs_are_measured_one_after_the_other(root):
    first, second = digits_run(root), digits_run(root, "two", "none-such")
    assert background.look(first, full=True).state == "none"
    background.submit(first, 2)
    background.submit(second, 2)
    background.submit(second, 2)
    assert background.look(second, full=True).state == "queued"
    wait_for(first, "none", "failed")
    assert read(first)["details"]["log_likelihood"]["num_samples"] == 2
    # Nobody looks after it: the process that ends starts the next one.
    assert "none-such" in wait_for(second, "failed").error
    assert read(second) is None


def test_measuring_is_stopped(root):
    first, second = digits_run(root), digits_run(root, "two")
    background.submit(first, 5000)
    background.submit(second, 2)
    background.stop(second, full=True)
    assert background.look(second, full=True).state == "none"
    background.stop(first, full=True)
    assert background.look(first, full=True).state == "none"
    assert read(first) is None
    assert read(second) is None


def test_two_do_not_write_the_figures_of_one_run_at_once(root, cli):
    run, other = digits_run(root), digits_run(root, "two")
    background.submit(run, 5000)
    background.submit(run)
    wait(lambda: background.look(run, full=True).doing)
    assert background.look(run, full=False).state == "queued", "the same files"
    background.submit(other)
    assert background.look(other, full=False).state == "running", "other files"
    # Nor does somebody at a terminal.
    refused = cli("evaluate", str(run.directory))
    assert refused.code == 2
    assert "is being measured by another process" in refused.err
    assert run.evaluation() is None


def test_no_process_to_be_had(root, monkeypatch):
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    run = digits_run(root)
    background.submit(run, 2)
    assert "no process could be started" in wait_for(run, "failed").error


def task_of(run, num_samples):
    return tasks.Task(
        kind="measure", subject=str(run.directory), inputs={"num_samples": num_samples}, advice=""
    )


def test_the_worker_measures_and_says_why_it_cannot(trained):
    told = []
    with pytest.raises(UserError, match="at least one sample"):
        worker.measure(task_of(trained, 0), {}, lambda doing, share: None)
    worker.measure(task_of(trained, 2), {}, lambda doing, share: told.append((doing, share)))
    assert told[-1] == ("Done", 1.0)
    assert read(trained) is not None
