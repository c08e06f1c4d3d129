"""A visitor's own runs, and those of others, on the pages."""

import json

import pytest
from driver import open_page, press, rerun
from family_runs import create_run

from vae.people import Person, ask_who, owner_of
from vae.people.person import digest
from vae.ui.shared.people import TOKEN, USER_HEADER

KEY = "a key of the teacher"
TOKENS = {"ana": "a" * 24, "ben": "b" * 24}


@pytest.fixture(autouse=True)
def in_class(tmp_path, monkeypatch):
    """With a key set, nobody is the teacher by the machine alone."""
    monkeypatch.setenv("VAE_TEACHER_KEY", KEY)
    monkeypatch.setenv("VAE_RUNS_DIR", str(tmp_path / "runs"))
    yield
    ask_who(lambda: None)


def made_by(name, tmp_path, run="hers"):
    ask_who(lambda: Person(digest(TOKENS[name])))
    return create_run(tmp_path / "runs", run, epochs=2, hidden=(8,))


@pytest.mark.parametrize("page", ["train", "models"])
def test_others_look_and_copy_but_have_no_buttons_that_change(page, tmp_path):
    run = made_by("ana", tmp_path)
    labels = {"Train", "Rename it", "Delete it"}
    hers = open_page(page, {TOKEN: TOKENS["ana"]}, run=run.name)
    assert labels <= {button.label for button in hers.button}
    his = open_page(page, {TOKEN: TOKENS["ben"]}, run=run.name)
    assert not labels & {button.label for button in his.button}
    assert any("somebody else's" in caption.value for caption in his.caption)


def test_runs_are_listed_as_ones_own_and_others(tmp_path):
    made_by("ana", tmp_path), made_by("ben", tmp_path, "his")
    app = open_page("train", {TOKEN: TOKENS["ben"]})
    heads = [element.value for element in app.subheader]
    assert heads.index("Your runs") < heads.index("Runs of others")
    assert app.query_params["run"] == ["his"] or app.query_params["run"] == "his"


def test_what_is_started_belongs_to_who_started_it(submitted):
    app = open_page("train", {TOKEN: TOKENS["ben"]})
    press(app, "Start")
    assert owner_of(submitted[0].directory) == digest(TOKENS["ben"])


def test_a_button_pressed_too_late_says_a_sentence(tmp_path):
    """The run has changed hands since the page was made: the core refuses."""
    run = made_by("ana", tmp_path)
    app = open_page("train", {TOKEN: TOKENS["ana"]}, run=run.name)
    text = json.dumps({"owner": digest("other"), "name": ""})
    (run.directory / "owner.json").write_text(text)
    press(app, "Delete it")
    assert run.directory.is_dir()


def test_the_key_makes_a_teacher_and_a_wrong_one_does_not(tmp_path, monkeypatch):
    from vae.people import teacher
    from vae.ui.shared import people

    monkeypatch.setattr(people, "tries", teacher.Tries())
    run = made_by("ana", tmp_path)
    app = open_page("train", {TOKEN: TOKENS["ben"]}, run=run.name)
    for given, is_teacher in (("wrong", False), (KEY, True)):
        app.session_state["toolbar-test"] = given
        app.session_state["teacher-given"] = people.tries.is_right(given, KEY)
        rerun(app)
        assert any(button.label == "Delete it" for button in app.button) == is_teacher


def test_without_a_key_the_machines_own_browser_is_the_teacher_unless_a_proxy_stands_between(
    tmp_path, monkeypatch
):
    monkeypatch.delenv("VAE_TEACHER_KEY")
    run = made_by("ana", tmp_path)
    app = open_page("train", run=run.name)
    assert any(button.label == "Delete it" for button in app.button)
    import streamlit as st

    for headers in ({"X-Forwarded-For": "10.0.0.7"}, {"Host": "class.school.example"}):
        monkeypatch.setattr(type(st.context), "headers", headers)
        app = open_page("train", run=run.name)
        assert not any(button.label == "Delete it" for button in app.button), headers


def test_a_proxys_header_names_the_visitor_where_it_is_trusted(submitted, monkeypatch):
    import streamlit as st

    monkeypatch.setattr(type(st.context), "headers", {"X-Forwarded-User": "ana"})
    press(open_page("train"), "Start")
    assert owner_of(submitted[0].directory) != digest("header:ana")
    monkeypatch.setenv(USER_HEADER, "X-Forwarded-User")
    press(open_page("train"), "Start")
    assert owner_of(submitted[1].directory) == digest("header:ana")
