"""The teacher's page, and what a class sees of what is set there."""

import pytest
from driver import open_page, press, rerun, words
from family_runs import create_run
from streamlit.testing.v1 import AppTest

from vae import runs
from vae.people import Person, ask_who
from vae.people.classroom import classroom, set_classroom
from vae.people.person import digest
from vae.runs import queue
from vae.runs.room import put_back
from vae.ui.shared import people
from vae.ui.shared.people import TOKEN

KEY = "a key of the teacher"
ANA = {TOKEN: "a" * 24}
TEACHER = {"teacher-given": True}


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    folder = tmp_path / "runs"
    folder.mkdir()
    monkeypatch.setenv("VAE_TEACHER_KEY", KEY)
    monkeypatch.setenv("VAE_RUNS_DIR", str(folder))
    monkeypatch.setattr(queue, "start_next", lambda root: None)
    yield folder
    ask_who(lambda: None)


def labels(app: AppTest) -> set[str]:
    return {button.label for button in app.button}


def test_the_page_asks_for_the_key_and_takes_no_other(monkeypatch):
    monkeypatch.setattr(people, "tries", type(people.tries)())
    app = open_page("teach", ANA)
    assert "At work" not in [head.value for head in app.subheader]
    app.text_input(key="teach-key").set_value("wrong")
    press(app, "Open")
    assert any("This is not the key" in warning.value for warning in app.warning)
    app.text_input(key="teach-key").set_value(KEY)
    press(app, "Open")
    assert "At work" in [head.value for head in app.subheader]


def test_the_teacher_sees_and_ends_all_work(root):
    ask_who(lambda: Person(digest(ANA[TOKEN]), name="Ana B."))
    for name in ("one", "two"):
        queue.submit(create_run(root, name, epochs=2, hidden=(8,)))
    app = open_page("teach", TEACHER)
    assert "Ana B." in words(app)
    assert "place 2" in words(app)
    app.button(key="end-one").click()
    rerun(app)
    assert runs.open_run("one", root).status().state == "cancelled"
    press(app, "End all of it")
    assert runs.open_run("two", root).status().state == "cancelled"
    assert "Nothing trains or waits." in words(rerun(app))


def test_limits_pages_and_settings_hold_for_the_class(root, submitted, monkeypatch):
    monkeypatch.setenv("VAE_RUNS_DIR", str(root))
    app = open_page("train", TEACHER)
    app.number_input(key="train-epochs").set_value(7)
    rerun(app)
    app.switch_page("pages/teach.py").run()
    app.number_input(key="teach-limit-epochs").set_value(12)
    rerun(app)
    press(app, "Set limits")
    app.multiselect(key="teach-hidden").set_value(["detect", "denoise"])
    app.multiselect(key="teach-locked").set_value(["epochs"])
    rerun(app)
    press(app, "Set for the class")
    room = classroom(root)
    assert (room.limits, room.hidden, room.locked) == (
        {"epochs": 12},
        ("denoise", "detect"),
        {"epochs": 7},
    ) or (room.limits, set(room.hidden), room.locked) == (
        {"epochs": 12},
        {"denoise", "detect"},
        {"epochs": 7},
    )
    student = open_page("train", ANA)
    assert student.number_input(key="train-epochs").value == 7
    assert "The teacher has fixed: epochs = 7." in words(student)
    student.number_input(key="train-epochs").set_value(9)
    press(student, "Start")
    assert submitted[-1].config.train.epochs == 7
    # Who goes around the page meets the core.
    ask_who(lambda: Person("ana"))
    with pytest.raises(Exception, match=r"fixed these settings for the class: epochs = 7"):
        create_run(root, "other", epochs=8, hidden=(8,))


def test_all_is_put_back_but_what_was_made_on_the_machine(root):
    create_run(root, "ours", epochs=2, hidden=(8,))
    ask_who(lambda: Person(digest(ANA[TOKEN])))
    create_run(root, "hers", epochs=2, hidden=(8,))
    with pytest.raises(Exception, match="only the teacher"):
        put_back(root)
    ask_who(lambda: Person("t", is_teacher=True))
    set_classroom(root, hidden=("draw",))
    app = open_page("teach", TEACHER)
    app.checkbox(key="teach-sure").check()
    rerun(app)
    app.button(key="teach-reset").click()
    rerun(app)
    assert [run.name for run in runs.list_runs(root)] == ["ours"]
    assert classroom(root).hidden == ()


def test_a_class_follows_the_teacher_until_it_lets_go(root, monkeypatch):
    monkeypatch.delenv("VAE_RUNS_DIR")  # the shipped models; what is set stays elsewhere
    from vae.ui.shared import loaders

    monkeypatch.setattr(
        "vae.ui.shared.following.classroom", lambda _root, real=classroom: real(root)
    )
    monkeypatch.setattr(
        "vae.ui.shared.following.set_classroom",
        lambda _root, real=set_classroom, **changes: real(root, **changes),
    )
    assert loaders.runs_root() != root
    ask_who(lambda: Person("t", is_teacher=True))
    set_classroom(root, follows={"page": "", "query": {}})
    open_page("draw", TEACHER, run="digits-vae-2d")
    room = classroom(root).follows
    assert room is not None
    assert (room.page, room.query["run"]) == ("draw", "digits-vae-2d")
    student = open_page("home", ANA)
    assert [title.value for title in student.title][:1] == ["Draw"]
    assert "Your page follows the teacher's." in words(student)
    press(student, "Let go")
    open_page("denoise", TEACHER, run="digits-denoising-ae")
    rerun(student)
    assert [title.value for title in student.title][:1] == ["Draw"]
    press(student, "Follow again")
    assert [title.value for title in rerun(student).title][:1] == ["Denoise"]
