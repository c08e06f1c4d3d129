"""A run that is paused and goes on, or has an epoch more, is the unbroken one."""

import pytest
from small_models import Stop, as_if_dead, lines_of, same_but_for_time

from vae import runs
from vae.errors import ConfigError, RunError
from vae.runs import Run, queue
from vae.training.loop import StepReport
from vae.training.trainer import train_run

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(autouse=True)
def no_rest(monkeypatch):
    """Look whether it was asked to pause before each step."""
    monkeypatch.setattr("vae.training.trainer._LOOK_S", 0.0)


@pytest.fixture
def whole(tiny, make_config, tmp_path):
    run = runs.create(make_config(epochs=4, latent_dim=5), tmp_path / "whole")
    train_run(run)
    return run


@pytest.fixture
def run(tiny, make_config, tmp_path):
    return runs.create(make_config(epochs=4, latent_dim=5), tmp_path / "broken")


def pause_at(run, epoch, step, ask=queue.pause):
    def on_report(report):
        if report.epoch == epoch and getattr(report, "step", None) == step:
            ask(run)

    return on_report


@pytest.mark.parametrize(("epoch", "step"), [(1, 2), (2, 1), (2, None)])
@pytest.mark.parametrize("ask", [queue.pause, queue.cancel])
def test_it_goes_on_at_the_very_step(run, whole, epoch, step, ask):
    train_run(run, pause_at(run, epoch, step, ask))
    status = run.status()
    assert status.state == ("paused" if ask is queue.pause else "cancelled")
    assert status.epoch == epoch - (step is not None)
    assert not (run.directory / runs.STOP_FILE).exists()
    live = run.live()
    assert (live is None) == (ask is queue.cancel)
    if live is not None:
        assert live.at == (epoch if step is None else epoch - 1 + step / 4)
    seen: list = []
    train_run(run, seen.append)
    first = seen[0]
    if step is None:
        assert (first.epoch, first.step) == (epoch + 1, 1)
    else:
        assert (first.epoch, first.step) == (epoch, step + 1), "no step is done twice"
    assert run.status().state == "done"
    same_but_for_time(run, whole)
    assert run.live() is None


def test_killed_after_a_pause_it_still_is_the_unbroken_one(run, whole):
    train_run(run, pause_at(run, 2, 2))

    def die(report):
        raise Stop

    with pytest.raises(Stop):
        train_run(run, die)
    as_if_dead(run)
    train_run(run)
    same_but_for_time(run, whole)


def test_one_epoch_more_and_one_more(run, whole):
    train_run(run, pause_at(run, 2, 3))
    # In the midst of an epoch: to its end.
    train_run(run, until=queue.make_room(run))
    status = run.status()
    assert (status.state, status.epoch, status.epochs, status.until) == ("paused", 2, 4, None)
    train_run(run, until=queue.make_room(run))
    assert (run.status().state, run.status().epoch) == ("paused", 3)
    train_run(run, until=queue.make_room(run))
    assert (run.status().state, run.status().epoch) == ("done", 4)
    same_but_for_time(run, whole)


def test_a_finished_run_has_an_epoch_more(tiny, make_config, tmp_path, whole):
    run = runs.create(make_config(epochs=3, latent_dim=5), tmp_path / "three")
    train_run(run)
    train_run(run, until=queue.make_room(run))
    status = run.status()
    assert (status.state, status.epoch, run.config.train.epochs) == ("done", 4, 4)
    same_but_for_time(run, whole)


def test_what_cannot_have_an_epoch_more_says_why(whole, trained, make_config, tmp_path):
    (whole.directory / "resume.safetensors").unlink()
    with pytest.raises(RunError, match="5 epochs instead"):
        queue.make_room(whole)
    assert whole.status().state == "done"
    longest = type(whole.config.train).model_fields["epochs"].metadata[1].le
    config = whole.config.model_copy(
        update={"train": whole.config.train.model_copy(update={"epochs": longest})}
    )
    other = Run(trained.directory)
    (other.directory / "config.json").write_text(
        config.model_copy(update={"name": other.name}).to_json()
    )
    other.write_status(other.status().model_copy(update={"epoch": longest}))
    with pytest.raises(ConfigError, match="epochs"):
        queue.make_room(other)


def test_what_waits_is_paused_and_what_is_paused_can_be_stopped(run):
    run.write_status(run.status().model_copy(update={"queued_at": 1.0}))
    queue.pause(run)
    assert (run.status().state, run.status().waits) == ("paused", False)
    queue.cancel(run)
    assert run.status().state == "cancelled"
    before = run.status()
    queue.pause(run)
    assert run.status() == before, "it does not train"


def test_stop_after_pause_is_a_stop(run):
    def both(report):
        if isinstance(report, StepReport):
            queue.pause(run)
            assert queue.asked(run.directory) == "pause"
            queue.cancel(run)
            assert queue.asked(run.directory) == "stop"
            queue.pause(run)
            assert queue.asked(run.directory) == "stop"

    train_run(run, both)
    assert run.status().state == "cancelled"


def test_its_steps_stay_when_it_goes_on(run, whole):
    train_run(run, pause_at(run, 1, 2))
    assert [line["step"] for line in lines_of(run, "step")] == [1, 2]
    train_run(run, pause_at(run, 2, None))
    assert lines_of(run) == [line for line in lines_of(whole) if line["epoch"] <= 2]
