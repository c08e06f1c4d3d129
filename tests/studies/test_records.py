"""The records of a result folder: in one file, and as earlier versions wrote them."""

import json

import pytest
from tiny_study import check_of, digits, make_study, record

from vae.errors import RunError
from vae.studies.engine import folder, records, state
from vae.studies.engine.runner import run_study


def test_records_come_back_as_they_were_written(tmp_path):
    one = record("a", -0.1).model_copy(update={"pictures": {"grey": bytes(range(256))}})
    two = record("b", -1e-7)
    for kept in (one, two):
        records.write(tmp_path, kept)
    assert records.read_all(tmp_path) == ({"a": one, "b": two}, [])
    before = records.version(tmp_path), records.digest(tmp_path)
    again = one.model_copy(update={"weights": "other"})
    records.write(tmp_path, again)
    assert records.read_all(tmp_path).by_run == {"a": again, "b": two}
    assert len((tmp_path / records.FILE).read_text().splitlines()) == 2
    assert records.version(tmp_path) != before[0]
    assert records.digest(tmp_path) != before[1]
    assert not list(tmp_path.glob(".*"))


def as_earlier_versions_wrote(place):
    """Give a result folder the layout with a file a run, and a file a figure."""
    for kept in records.read_all(place).by_run.values():
        path = place / records.OLD_FOLDER / f"{kept.run}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(kept.model_dump_json(exclude={"pictures"}, indent=1), encoding="utf-8")
        for what, png in kept.pictures.items():
            path.with_name(f"{kept.run}-{what}.png").write_bytes(png)
    (place / records.FILE).unlink()
    found = json.loads((place / state.STATE_FILE).read_text(encoding="utf-8"))
    del found["records_sha256"]
    (place / state.STATE_FILE).write_text(json.dumps(found), encoding="utf-8")
    for name in ("bars.html", "bars.png", "plotly.min.js"):
        (place / name).write_bytes(b"old")
    (place / "figures.png").unlink(missing_ok=True)
    (place / folder.PAGE_FILE).write_text("![bars](bars.png)\n\nA bar a setting.", encoding="utf-8")


def test_a_folder_of_an_earlier_version_is_read_and_checked(copied):
    study, settings, place, _ = copied
    before = folder.read_result(study, settings, place)
    as_earlier_versions_wrote(place)
    after = folder.read_result(study, settings, place)
    assert [entry.record for entry in after.entries] == [entry.record for entry in before.entries]
    assert all(entry.record.pictures for entry in after.entries)
    assert check_of(copied) == (2, 2, [])
    (place / "bars.png").unlink()
    assert check_of(copied).problems == ["README.md shows bars.png, which is missing."]
    next((place / records.OLD_FOLDER).glob("*.json")).write_text("{")
    with pytest.raises(RunError, match=r"cannot be read \(runs/.*\.json\)"):
        check_of(copied)


def test_a_study_of_an_earlier_version_goes_on_to_the_same_table(copied):
    study, settings, place, root = copied
    table = (place / folder.TABLE_FILE).read_bytes()
    as_earlier_versions_wrote(place)
    old = place / records.OLD_FOLDER
    lost = next(old.glob("*.json"))
    lost.unlink()
    assert run_study(study, settings, place, root).complete
    assert (place / folder.TABLE_FILE).read_bytes() == table
    # Only what was missing is measured, and no figure of then stands beside those of now.
    assert next(iter(records.read_all(place).by_run)) == lost.stem
    assert len((place / records.FILE).read_text().splitlines()) == 1
    assert not {"bars.html", "bars.png", "plotly.min.js"} & {path.name for path in place.iterdir()}
    assert check_of(copied) == (2, 2, [])


def test_pictures_of_runs_whose_names_begin_alike_are_told_apart(tmp_path):
    for name in ("a", "a-b"):
        kept = record(name, -1.0).model_copy(update={"pictures": {"test": name.encode()}})
        records.write(tmp_path, kept)
    as_earlier = records.read_all(tmp_path).by_run
    state.write(tmp_path, state.StudyState(settings=digits(make_study())))
    as_earlier_versions_wrote(tmp_path)
    assert records.read_all(tmp_path).by_run == as_earlier
