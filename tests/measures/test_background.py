"""Measuring in a process of its own, beside the pages."""

import json
import time

import pytest

from vae.measures.report import read

pytestmark = pytest.mark.usefixtures("one_thread")


def digits_run(tmp_path, name="one", dataset="digits"):
    from family_runs import make_family_run

    run = make_family_run("vae", tmp_path, name)
    if dataset != "digits":
        config = json.loads((run.directory / "config.json").read_text())
        config["data"]["dataset"] = dataset
        (run.directory / "config.json").write_text(json.dumps(config))
    return run


def wait_for(measurer, run, *states):
    stop_at = time.monotonic() + 120
    while (now := measurer.look(run)).state not in states:
        assert time.monotonic() < stop_at, now
        time.sleep(0.05)
    return now


def test_runs_are_measured_one_after_the_other(tmp_path):
    from vae.measures.background import Measurer

    first, second = digits_run(tmp_path), digits_run(tmp_path, "two", "none-such")
    measurer = Measurer()
    assert measurer.look(first).state == "none"
    measurer.submit(first, 2)
    measurer.submit(second, 2)
    measurer.submit(second, 2)
    assert measurer.look(second).state == "queued"
    wait_for(measurer, first, "none", "failed")
    assert read(first)["details"]["log_likelihood"]["num_samples"] == 2
    assert "none-such" in wait_for(measurer, second, "failed").error
    assert read(second) is None


def test_measuring_is_stopped(tmp_path):
    from vae.measures.background import Measurer

    first, second = digits_run(tmp_path), digits_run(tmp_path, "two")
    measurer = Measurer()
    measurer.submit(first, 5000)
    measurer.submit(second, 2)
    measurer.stop(second)
    assert measurer.look(second).state == "none"
    measurer.stop(first)
    assert wait_for(measurer, first, "none", "failed").state == "none"
    assert read(first) is None
    assert read(second) is None


def test_no_process_to_be_had(tmp_path, monkeypatch):
    from vae.measures.background import Measurer

    monkeypatch.setattr("sys.executable", "/nowhere/python")
    run = digits_run(tmp_path)
    measurer = Measurer()
    measurer.submit(run, 2)
    assert "no process could be started" in wait_for(measurer, run, "failed").error


def test_the_worker_ends_when_nobody_listens(tmp_path, trained, monkeypatch, capsys):
    from vae.measures import worker

    monkeypatch.setattr("sys.argv", ["worker"])
    assert worker.main() == 2
    monkeypatch.setattr("sys.argv", ["worker", str(trained.directory), "0"])
    assert worker.main() == 2
    assert "at least one sample" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["worker", str(trained.directory), "2"])
    assert worker.main() == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1] == ["Done", 1.0]
    assert read(trained) is not None
