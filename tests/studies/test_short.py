"""What each study finds in two sentences: made of its records, and ties are ties."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from vae.studies import STUDIES, Result
from vae.studies.engine import folder, state
from vae.studies.engine.records import Record

PLACES = [place for place in state.list_folders(state.SHIPPED) if place.name in STUDIES]


def read(place) -> Result:
    now = state.read(place)
    return folder.read_result(STUDIES[now.settings.study], now.settings, place)


def changed(result: Result, change: Callable[[Record], Record]) -> Result:
    entries = [entry._replace(record=change(entry.record)) for entry in result.entries]
    return replace(result, entries=entries)


def larger(value: Any) -> Any:
    return 1.5 * value if isinstance(value, float) else value


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_shipped_studies_have_two_sentences_of_their_records(place):
    result = read(place)
    study = result.study
    said = study.short(result)
    assert len(re.findall(r"\.(?= |$)", said)) == 2
    assert study.main(result).data

    def half_as_much_again(record: Record) -> Record:
        kept = {name: {key: larger(value) for key, value in getattr(record, name).items()}
                for name in ("standard", "figures")}  # fmt: skip
        return record.model_copy(update=kept)

    other = study.short(changed(result, half_as_much_again))
    assert re.sub(r"[\d.,]+", "", other) == re.sub(r"[\d.,]+", "", said)
    assert other != said


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_where_all_settings_come_out_the_same_none_is_said_to_be_better(place):
    result = read(place)
    one = {entry.seed: entry.record for entry in result.of(result.arms[-1])}

    def same(record: Record) -> Record:
        mine = one[record.config.train.seed]
        return record.model_copy(update={"standard": mine.standard, "figures": mine.figures})

    said = result.study.short(changed(result, same))
    assert "beyond the seeds' spread" not in said
    if place.name == "encoder-size":
        assert "is 32/16" in said
    else:
        assert "within the seeds' spread" in said or "as much as the target" in said
