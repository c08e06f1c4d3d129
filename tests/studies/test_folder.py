"""The result folder of a study: what it holds, and what a check of it finds."""

import csv
import io
import json

import pytest
from PIL import Image
from tiny_study import check_of

from vae import runs
from vae.errors import RunError
from vae.runs import Run
from vae.studies.engine import folder, records, state
from vae.studies.engine.page import FIGURES_FILE, command
from vae.studies.engine.runner import run_study


def test_the_folder_holds_table_figures_page_and_records(finished):
    _, settings, place, root = finished
    with (place / folder.TABLE_FILE).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["latent_dim"] for row in rows] == ["1", "2"]
    for row in rows:
        run = Run(root / row["run"])
        assert run.status().state == "done"
        assert float(row["neg_elbo"]) == pytest.approx(-run.evaluation()["elbo"], rel=1e-5)
        kept = records.read(place, run.name)
        assert kept.number("twice") == 2 * int(row["latent_dim"])
        loss = run.epochs()[0]["test"]["loss"]
        assert kept.curve() == {1: pytest.approx(loss, rel=1e-5)}
        assert Image.open(io.BytesIO(kept.pictures["grey"])).size == (6, 2)
    text = (place / folder.PAGE_FILE).read_text(encoding="utf-8")
    assert "2 runs." in text
    assert command(settings) in text
    assert "**Figure 1** (bars). A bar a setting." in text
    names = {path.name for path in place.iterdir()} - {FIGURES_FILE}
    assert names == {"README.md", "table.csv", "study.json", "records.jsonl"}
    found = state.read(place)
    assert (found.state, found.share) == ("done", 1.0)
    assert str(root) not in (place / state.STATE_FILE).read_text(encoding="utf-8")


def test_figures_are_drawn_as_png_where_there_is_a_browser(finished):
    place = finished[2]
    if not (place / "figures.png").exists():
        pytest.skip("no Chrome or Chromium for kaleido")
    assert Image.open(place / "figures.png").width > 900
    assert "![The figures](figures.png)" in (place / "README.md").read_text(encoding="utf-8")


def test_figures_lie_above_one_another_in_one_picture():
    drawn = [Image.new("RGB", (400, 100), "red"), Image.new("RGB", (300, 50), "blue")]
    sheet = Image.open(io.BytesIO(folder._stacked(drawn))).convert("RGB")
    first, second = 48 + 50, 48 + 100 + 48 + 25
    assert sheet.size == (400, 2 * 48 + 150)
    assert [sheet.getpixel((350, y)) for y in (first, second)] == [(255, 0, 0), (255, 255, 255)]
    assert sheet.getpixel((100, second)) == (0, 0, 255)
    # Its number stands over each.
    heads = [sheet.crop((0, top, 400, top + 48)).getextrema()[0][0] for top in (0, 148)]
    assert max(heads) < 100


def test_without_a_browser_the_page_says_so(copied, monkeypatch):
    study, settings, place, root = copied

    def fail(*args, **kwargs):
        raise RuntimeError("no Chrome")

    monkeypatch.setattr("plotly.io.write_images", fail)
    run_study(study, settings, place, root)
    text = (place / "README.md").read_text(encoding="utf-8")
    assert "could not be drawn as PNG" in text
    assert "![" not in text
    assert not (place / "figures.png").exists()


# ---- the check -----------------------------------------------------------------------------------


def test_a_true_table_passes(copied):
    assert check_of(copied) == (2, 2, [])


def test_without_its_runs_a_table_is_rebuilt_from_the_records(copied):
    for run in runs.list_runs(copied[3]):
        runs.delete(run)
    assert check_of(copied) == (2, 0, [])


def test_a_changed_figure_is_found(copied):
    path = copied[2] / folder.TABLE_FILE
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace(".", ".9", 1)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    problems = check_of(copied).problems
    assert len(problems) == 2
    assert all("table.csv" in problem for problem in problems)


def _change_record(place, name, change):
    """Change a record in the file, as by hand."""
    path = place / records.FILE
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        if line["run"] == name:
            change(line)
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")


def _worse(line):
    line["epochs"][0]["test"]["loss"] += 1.0


def test_a_record_that_is_not_its_runs_is_found(copied):
    _, _, place, root = copied
    _change_record(place, runs.list_runs(root)[0].name, _worse)
    assert any("not those in its record" in problem for problem in check_of(copied).problems)


def test_a_changed_record_is_found_without_its_run(copied):
    _, _, place, root = copied
    names = [run.name for run in runs.list_runs(root)]
    for name in names:
        runs.delete(Run(root / name))
    # No column of the table shows it.
    _change_record(place, names[0], _worse)
    assert check_of(copied) == (2, 0, ["records.jsonl was changed after the study was done."])


def test_other_weights_and_a_missing_record_are_found(copied):
    _, _, place, root = copied
    one, two = runs.list_runs(root)
    (one.directory / "model.safetensors").write_bytes(b"others")
    path = place / records.FILE
    path.write_text(
        "".join(line for line in path.read_text().splitlines(True) if two.name not in line)
    )
    problems = check_of(copied).problems
    assert any("other weights" in problem for problem in problems)
    assert any("1 runs have no record" in problem for problem in problems)


def test_a_missing_figure_and_a_missing_page_are_found(copied):
    place = copied[2]
    page_file = place / folder.PAGE_FILE
    page_file.write_text("# Bars\n\n![The figures](figures.png)\n", encoding="utf-8")
    (place / "figures.png").unlink(missing_ok=True)
    assert check_of(copied).problems == ["README.md shows figures.png, which is missing."]
    page_file.unlink()
    assert check_of(copied).problems == ["README.md is missing."]


def test_damaged_records_are_one_sentence_and_are_measured_again(copied):
    study, settings, place, root = copied
    path = place / records.FILE
    first, second = path.read_text(encoding="utf-8").splitlines()
    path.write_text(f"{first}\n{second[:100]}\n", encoding="utf-8")
    with pytest.raises(RunError, match=r"cannot be read \(records.jsonl, line 2\): restore them"):
        check_of(copied)
    assert folder.read_result(study, settings, place).unread == 1
    assert run_study(study, settings, place, root).complete
    assert check_of(copied) == (2, 2, [])
    path.unlink()
    path.mkdir()
    with pytest.raises(RunError, match=r"records.jsonl cannot be read"):
        folder.read_result(study, settings, place)


def test_no_table_is_a_sentence(copied):
    (copied[2] / folder.TABLE_FILE).unlink()
    with pytest.raises(RunError, match="start the study to make one"):
        check_of(copied)
