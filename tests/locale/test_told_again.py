"""What is stored or said behind the pages is English, and told again in the reader's language."""

import pytest

from vae.cli import app as commands
from vae.errors import RunError
from vae.locale import _, as_now, retold, spoken
from vae.runs import changes
from vae.runs.threads import Threads
from vae.studies import STUDIES
from vae.training import trainer

BUSY, AGAIN = "{run} is busy: {advice}", "try {n} again"


@pytest.fixture
def in_french(french):
    """Speak French, of which these messages are all there is."""
    french({BUSY: "{run} est occupé : {advice}", AGAIN: "réessayez {n}", "Done": "Terminé"})
    with spoken("fr"):
        yield


def sentence() -> str:
    return _(BUSY).format(run="a", advice=_(AGAIN).format(n=2))


def test_a_text_is_told_again_with_all_that_was_filled_in(in_french):
    with spoken("en"):
        text = sentence()
        assert retold(text) == text == "a is busy: try 2 again"
    assert retold(text) == sentence() == "a est occupé : réessayez 2"
    assert (retold("Done"), retold("something else"), retold("")) == (
        "Terminé",
        "something else",
        "",
    )


def test_a_call_back_speaks_the_language_it_was_made_in(in_french):
    told = as_now(sentence)
    with spoken("en"):
        assert (told(), sentence()) == ("a est occupé : réessayez 2", "a is busy: try 2 again")


def test_a_thread_fails_in_english_and_each_reader_reads_it(in_french):
    work: Threads[int] = Threads("test", retry_s=60.0)

    def fail(report: object) -> int:
        raise RunError(sentence())

    work.submit("key", fail)
    assert work.wait("key").error == "a est occupé : réessayez 2"
    with spoken("en"):
        assert work.look("key").error == "a is busy: try 2 again"


def test_a_run_keeps_why_it_failed_in_english(in_french, make_config, tmp_path, monkeypatch):
    def fail(*given: object) -> None:
        raise RunError(sentence())

    monkeypatch.setattr(trainer, "load_for", fail)
    run = changes.create(make_config("failing"), tmp_path)
    with pytest.raises(RunError):
        trainer.train_run(run)
    assert run.status().error == "a is busy: try 2 again"


def test_commands_show_their_help_in_the_language(french, cli):
    french({"List the runs.": "Liste les modèles."})
    with spoken("fr"):
        commands._put_in_words(commands.app)
    try:
        assert "Liste les modèles." in cli("runs", "--help").out
    finally:
        commands._put_in_words(commands.app)
    assert "List the runs." in cli("runs", "--help").out


def test_each_study_says_in_french_too_how_it_is_asked():
    for study in STUDIES.values():
        english = study.method
        with spoken("fr"):
            assert study.method != english
        assert "{" not in study.method
