"""The results in ``checkpoints/studies``: whole, true to their records, and linked."""

import re
from pathlib import Path

import pytest

from vae.runs import list_runs
from vae.studies import STUDIES
from vae.studies.engine import folder, records, state

ROOT = Path(__file__).parents[2]
FOLDERS = [place for place in state.list_folders(state.SHIPPED) if place.name in STUDIES]
WANTED = set(STUDIES) - {"binarised"}


def test_the_asked_studies_are_there():
    assert {found.name for found in FOLDERS} >= WANTED


@pytest.mark.parametrize("place", FOLDERS, ids=lambda place: place.name)
def test_a_shipped_table_is_that_of_its_records(place):
    now = state.read(place)
    assert now.state == "done"
    assert now.settings.dataset == "mnist"
    assert now.settings.seeds == 3
    study = STUDIES[now.settings.study]
    result = folder.read_result(study, now.settings, place)
    assert result.complete
    assert folder.check(result, place / "no-runs").problems == []
    # Code and page agree: the finding is made of the numbers.
    text = (place / folder.PAGE_FILE).read_text(encoding="utf-8")
    assert study.finding(result) in text
    assert "![The figures](figures.png)" in text
    for chart in study.charts(result).values():
        assert chart.caption in text


@pytest.mark.parametrize("place", FOLDERS, ids=lambda place: place.name)
def test_a_shipped_result_names_no_folder_of_its_machine(place):
    files = [path for path in place.iterdir() if path.suffix != ".png"]
    assert {path.name for path in files} == {"README.md", "table.csv", "study.json", records.FILE}
    for path in files:
        assert not re.search(r"[\"(' ](/[a-z]+){2,}", path.read_text(encoding="utf-8")), path


def test_the_shipped_results_are_small_and_no_run():
    files = [path for place in FOLDERS for path in place.rglob("*") if path.is_file()]
    assert len(files) <= 40
    assert sum(path.stat().st_size for path in files) <= 4_000_000
    assert state.SHIPPED.name not in [run.name for run in list_runs(state.SHIPPED.parent)]


@pytest.mark.parametrize(
    "page", ["README.md", "checkpoints/README.md", "docs/studies.md", "docs/growth.md"]
)
def test_links_lead_somewhere(page):
    path = ROOT / page
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8"))
    assert links
    for link in links:
        assert (path.parent / link).exists(), link
