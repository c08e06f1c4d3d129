"""Every page and every empty state, without a browser."""

from typing import Any

import pytest
from driver import TIMEOUT_S, checked, components, open_page, rerun, words
from paths import ENTRY, PAGES
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.local_script_runner import LocalScriptRunner
from streamlit.util import calc_hash

from vae.training.recipes import DEFAULT_RUN, RECIPES

# Studies keep what they need of their runs: their page opens none.
OF_RUNS = [page for page in PAGES if page not in ("studies", "sheet", "teach")]


def open_from_home(page: str, **query: str) -> AppTest:
    """Open a page as a click on Home does."""
    app = open_page("home")
    if page != "home":
        app.switch_page(f"pages/{page}.py")
        for key, value in query.items():
            app.query_params[key] = value
        rerun(app)
    return app


@pytest.mark.parametrize("page", OF_RUNS)
def test_page_says_what_to_do_where_there_is_no_run(page, tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_RUNS_DIR", str(tmp_path / "none"))
    app = open_from_home(page)
    assert "make pretrained" in words(app)


@pytest.mark.parametrize("page", PAGES)
def test_page_shows_shipped_runs_without_their_data(page, without_data):
    app = open_from_home(page)
    assert not app.error


def test_a_deep_link_to_a_new_server_is_run_to_its_end(without_data, monkeypatch):
    """Of a run that is stopped before, Streamlit does not take up what was pressed meanwhile."""
    stopped: list[bool] = []
    real = LocalScriptRunner._on_script_finished

    def spy(self: LocalScriptRunner, context: Any, event: Any, premature: bool, run: Any) -> None:
        stopped.append(premature)
        real(self, context, event, premature, run)

    monkeypatch.setattr(LocalScriptRunner, "_on_script_finished", spy)
    app = AppTest.from_file(ENTRY, default_timeout=TIMEOUT_S)
    app._page_hash = calc_hash("denoise")  # as a browser names it before the navigation is known
    app.query_params["run"] = "digits-vae-2d"
    rerun(app)
    assert [title.value for title in app.title] == ["Denoise"]
    assert app.query_params["run"] == "digits-vae-2d"
    assert stopped == [False]


def test_home_has_a_card_for_each_shipped_run(without_data):
    app = open_from_home("home")
    links = [link.proto for link in app.get("page_link")]
    assert {f"run={name}" for name in RECIPES} <= {link.query_string for link in links}
    assert any("MNIST, 2 dimensions" in link.label for link in links)
    assert "nats" in words(app)


def test_explore_opens_the_default_run_and_offers_its_data(without_data):
    app = open_from_home("explore")
    assert app.selectbox[0].value == DEFAULT_RUN
    assert app.query_params["run"] == DEFAULT_RUN
    assert any("Get MNIST" in button.label for button in app.button)
    # The map and the carrier of its weights.
    assert len(components(app)) == 2


@pytest.mark.parametrize("d", [1, 2, 3])
def test_explore_shows_any_latent_size(d, own_runs):
    app = open_from_home("explore", run=f"small-{d}d", z=",".join(["0.5"] * d))
    assert not app.warning
    assert not app.error
    assert app.selectbox[0].value == f"small-{d}d"
    assert not any("Get" in button.label for button in app.button)


@pytest.mark.parametrize("z", ["nonsense", "1,2,3", "nan,0", "1e9,0", ""])
def test_explore_says_what_is_wrong_with_a_z_of_the_address(z, own_runs):
    app = open_from_home("explore", run="small-2d", z=z)
    assert any("takes 2 numbers" in warning.value for warning in app.warning)


@pytest.mark.parametrize("page", [page for page in OF_RUNS if page not in ("home", "compare")])
def test_a_run_of_the_address_that_is_not_there_is_a_sentence(page, own_runs):
    app = open_from_home(page, run="../../etc")
    called = [text.value for text in app.warning if " run called “`../../etc`”" in text.value]
    assert len(called) == 1
    assert page == "train" or any("small-" in str(box.value) for box in app.selectbox)


def test_choosing_another_run_forgets_the_z_of_the_first(own_runs):
    app = open_from_home("explore", run="small-2d", z="1.000,1.000")
    checked(app.selectbox[0].select("small-3d").run())
    assert not app.warning
    assert app.query_params["run"] == "small-3d"
    assert "z" not in app.query_params


@pytest.mark.parametrize("page", [page for page in OF_RUNS if page != "models"])
@pytest.mark.parametrize("name", ["model.safetensors", "codes.safetensors"])
def test_a_damaged_run_is_a_sentence_not_a_traceback(page, name, own_run):
    (own_run / name).write_bytes(b"not safetensors")
    app = open_from_home(page)
    unread = {
        "home": "codes.safetensors",
        "train": "model.safetensors",
        "denoise": "codes.safetensors",
        "detect": "codes.safetensors",
        "evaluate": "codes.safetensors",
        "grow": "codes.safetensors",
        "reconstructions": "codes.safetensors",
    }
    if unread.get(page) != name:
        assert "damaged" in words(app)
