"""A finished tiny study."""

import shutil

import pytest
from tiny_study import digits, make_study

from vae.studies.engine import state
from vae.studies.engine.runner import run_study


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    root = tmp_path_factory.mktemp("studied")
    study = make_study()
    settings = digits(study)
    place = root / "studies" / "tiny"
    told: list[state.StudyState] = []
    result = run_study(study, settings, place, root, count=2, on_state=told.append)
    assert result.complete
    assert told[-1].state == "done"
    assert told[-1].runs_done == 2
    return study, settings, place, root


@pytest.fixture
def copied(finished, tmp_path):
    study, settings, place, root = finished
    shutil.copytree(root, tmp_path / "runs")
    return study, settings, tmp_path / "runs" / place.relative_to(root), tmp_path / "runs"
