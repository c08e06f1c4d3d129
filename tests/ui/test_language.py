"""The language of a session: from a link, by the switch, kept in the address."""

from driver import checked, open_page

from vae.locale import language
from vae.ui.shared import language as of_session


def test_a_link_gives_the_language_and_pages_keep_it(monkeypatch):
    spoken = []
    monkeypatch.setattr("vae.ui.shared.shell.begin_answer", lambda: spoken.append(language()))
    app = open_page("home", lang="fr")
    assert app.session_state["language"] == "fr"
    assert app.query_params["lang"] in ("fr", ["fr"])
    app.switch_page("pages/studies.py")
    del app.query_params["lang"]
    checked(app.run())
    assert app.query_params["lang"] in ("fr", ["fr"])
    assert of_session._CHOSEN in app.session_state


def test_an_unknown_language_is_left_out_of_the_address():
    assert "lang" not in open_page("studies", lang="xx").query_params
