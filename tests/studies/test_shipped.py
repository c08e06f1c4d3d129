"""The results in ``docs/studies``: whole, true to their records, and linked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vae.studies import STUDIES
from vae.studies.engine import folder, state

ROOT = Path(__file__).parents[2]
FOLDERS = list(state.list_folders(state.SHIPPED))
WANTED = set(STUDIES) - {"binarised"}


def test_the_asked_studies_are_there() -> None:
    assert {found.name for found in FOLDERS} >= WANTED


@pytest.mark.parametrize("place", FOLDERS, ids=lambda place: place.name)
def test_a_shipped_table_is_that_of_its_records(place: Path) -> None:
    now = state.read(place)
    assert now is not None
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
    for name in study.charts(result):
        assert (place / f"{name}.html").is_file()
        assert (place / f"{name}.png").is_file()
        assert f"({name}.png)" in text


@pytest.mark.parametrize("place", FOLDERS, ids=lambda place: place.name)
def test_a_shipped_result_names_no_folder_of_its_machine(place: Path) -> None:
    for path in (*place.glob("*.md"), *place.glob("*.json"), *place.glob("runs/*.json")):
        assert not re.search(r"[\"(' ](/[a-z]+){2,}", path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("page", ["README.md", "docs/studies/README.md", "docs/studies/growth.md"])
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8"))
    assert links
    for link in links:
        assert (path.parent / link).exists(), link
