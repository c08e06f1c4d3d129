"""The Compare page and each of its empty states, without a browser."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from driver import buttons, checked, components, html, open_page, press, words
from family_runs import make_family_run
from paths import SHIPPED
from waiting import wait

from vae.measures import background
from vae.models import FAMILIES
from vae.runs import METRICS_FILE, STATUS_FILE, Status, open_run

compare = partial(open_page, "compare")

Only = Callable[..., Path]
EXAMPLE = ("mnist-ae-2d", "mnist-vae-2d")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with a small run of some families; two have the names of the example's."""
    root = tmp_path_factory.mktemp("runs")
    make_family_run("ae", root, EXAMPLE[0])
    make_family_run("vae", root, EXAMPLE[1])
    make_family_run("cvae", root)
    make_family_run("vae", root, "few-classes", classes=(1, 7))
    return root


@pytest.fixture
def root(made, monkeypatch) -> Path:
    monkeypatch.setenv("VAE_RUNS_DIR", str(made))
    return made


@pytest.fixture
def only_pair(root, only) -> Path:
    """A folder with copies of the example's runs alone."""
    return only(*(root / name for name in EXAMPLE))


def test_two_runs_side_by_side(root):
    app = compare(runs=",".join(EXAMPLE))
    assert not app.error
    assert not app.warning
    assert app.multiselect[0].value == list(EXAMPLE)
    shown = words(app)
    assert "One cursor for all" in shown
    assert "fall into a hole" in shown
    assert "What to see" in shown
    page_html = html(app)
    assert "Original" in page_html
    assert "from a Gaussian fitted to its codes" in page_html
    assert "from the prior N(0, I)" in page_html
    assert '<tr class="differs"><th scope="row"' in page_html
    # The maps, and a carrier for each run.
    assert len(components(app)) == 3


def test_without_a_word_in_the_address_two_runs_are_chosen_and_named_there(root):
    app = compare()
    chosen = app.multiselect[0].value
    assert len(chosen) == 2
    assert app.query_params["runs"] == ",".join(chosen)


def test_the_choice_stands_in_the_address_and_the_place_of_other_runs_does_not(root):
    app = compare(runs=",".join(EXAMPLE), z="0.1,0.1")
    assert "z" in app.query_params
    checked(app.multiselect[0].set_value([*EXAMPLE, "small-cvae"]).run())
    assert app.query_params["runs"] == ",".join([*EXAMPLE, "small-cvae"])
    assert "z" not in app.query_params


def test_unknown_names_are_told_and_the_rest_is_shown(root):
    app = compare(runs=f"{EXAMPLE[0]},nowhere,../../etc,{EXAMPLE[1]}")
    assert app.multiselect[0].value == list(EXAMPLE)
    (warning,) = [element.value for element in app.warning]
    assert "“`nowhere`”" in warning
    assert "“`../../etc`”" in warning


def test_a_name_twice_is_one_run_and_more_than_four_are_cut(root, tmp_path):
    app = compare(runs=f"{EXAMPLE[0]},{EXAMPLE[0]}")
    assert app.multiselect[0].value == [EXAMPLE[0]]
    for name in ("one", "two", "three", "four", "five"):
        shutil.copytree(root / EXAMPLE[1], tmp_path / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAE_RUNS_DIR", str(tmp_path))
        app = compare(runs="one,two,three,four,five")
    assert app.multiselect[0].value == ["one", "two", "three", "four"]
    assert "first 4" in words(app)


@pytest.mark.parametrize("asked", [EXAMPLE[0], "nowhere", ""])
def test_fewer_than_two_runs_are_an_invitation_to_choose(asked, root):
    app = compare(runs=asked)
    assert app.multiselect[0].value == ([asked] if asked == EXAMPLE[0] else [])
    more = "another run" if app.multiselect[0].value else "two to four runs"
    assert f"It takes two to compare: choose {more}" in words(app)
    assert not components(app)


def test_the_example_opens_its_two_runs(root):
    app = compare(runs="small-cvae,few-classes")
    press(app, "Autoencoder against VAE")
    assert app.multiselect[0].value == list(EXAMPLE)
    assert app.query_params["runs"] == ",".join(EXAMPLE)
    assert "What to see" in words(app)


def test_the_example_is_not_offered_where_one_of_its_runs_is_missing(root, only):
    only(root / EXAMPLE[1], root / "small-cvae")
    assert "Autoencoder against VAE" not in buttons(compare())


def test_runs_of_other_images_are_named_and_left_out_of_the_pictures(root):
    # Run folders of the session are shared: the shipped MNIST run stands beside one of digits.
    beside = root / "conv"
    if not beside.exists():
        shutil.copytree(SHIPPED / "mnist-vae-20d", beside)
    app = compare(runs="mnist-ae-2d,conv")
    assert not app.error
    shown = words(app)
    assert "Not here: conv" in shown
    assert "No two of these runs can share a cursor" in shown
    assert "One cursor" not in shown
    assert "conv has 20 latent dimensions" in shown
    assert "Not shown for conv" in shown
    assert len(components(app)) == 0


def test_without_the_images_the_rest_is_shown_and_they_are_offered(without_data):
    app = compare(runs="mnist-vae-2d,mnist-vae-20d")
    assert not app.error
    assert "nothing to reconstruct" in words(app)
    assert "Get MNIST" in buttons(app)
    page_html = html(app)
    assert "from the prior N(0, I)" in page_html
    assert "★" in words(app)
    assert 'class="best"' in page_html
    unfair = compare(runs="mnist-vae-2d,mnist-conv-vae-2d")
    assert "They differ in arch (mlp; conv), epochs (50; 20)." in words(unfair)
    assert "None is marked as the best" in words(unfair)
    assert 'class="best"' not in html(unfair)


def test_the_first_two_differ_in_one_thing(without_data):
    assert compare().multiselect[0].value == ["mnist-vae-2d", "mnist-vae-20d"]


def test_own_runs_without_figures_and_without_their_images_are_a_sentence(tmp_path, monkeypatch):
    for shipped in ("fashion-vae-2d", "mnist-vae-2d", "mnist-conv-vae-2d"):
        shutil.copytree(SHIPPED / shipped, tmp_path / shipped)
        run = open_run(shipped, tmp_path)
        config = run.config.model_copy(update={"shipped": False})
        (run.directory / "config.json").write_text(config.to_json())
        (run.directory / "evaluation.json").unlink()
        (run.directory / "measures.json").unlink()
    monkeypatch.setenv("VAE_RUNS_DIR", str(tmp_path))
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path / "data"))
    app = compare(runs="fashion-vae-2d,mnist-vae-2d,mnist-conv-vae-2d")
    said = words(app)
    assert "None of these runs is measured yet" in said
    assert "mnist-vae-2d cannot be measured: the images of mnist are not here" in said
    offers = [label for label in buttons(app) if label.startswith("Get")]
    assert sorted(offers) == ["Get Fashion-MNIST", "Get MNIST"]


@pytest.mark.parametrize("name", ["model.safetensors", "codes.safetensors", "config.json"])
def test_a_damaged_run_is_a_sentence_and_the_others_are_shown(name, root, only):
    runs = only(*(root / run for run in (*EXAMPLE, "small-cvae")))
    (runs / "small-cvae" / name).write_bytes(b"not what it should be")
    app = compare(runs=f"{EXAMPLE[0]},small-cvae,{EXAMPLE[1]}")
    said = words(app)
    if name == "config.json":
        assert "no trained run called “`small-cvae`”" in said
    else:
        assert "small-cvae is left out" in said
    assert len(components(app)) == 3


def test_a_run_that_still_trains_is_shown_as_far_as_it_is(only_pair):
    waiting = only_pair / EXAMPLE[1]
    (waiting / STATUS_FILE).write_text(Status(state="queued", epochs=5).model_dump_json())
    (waiting / METRICS_FILE).unlink()
    said = words(compare(runs=",".join(EXAMPLE)))
    assert "Still training: mnist-vae-2d" in said
    assert "still training: it can be measured when it has finished" in said
    assert "no figures of its training" in said


@pytest.mark.parametrize("term", ["Reconstruction", "KL"])
def test_another_term_of_the_curves(term, root):
    app = compare(runs=",".join(EXAMPLE), compare_term=term)
    assert ("has no KL" in words(app)) == (term == "KL")
    assert ("Each panel" in words(app)) == (term == "Reconstruction")


def test_only_what_differs(root):
    app = compare(runs=",".join(EXAMPLE))
    assert '<th scope="row" title="Learning rate of Adam' in html(app)
    checked(app.toggle[0].set_value(True).run())
    assert "Learning rate of Adam" not in html(app)


def test_the_seed_chooses_other_images_and_samples(root):
    app = compare(runs=",".join(EXAMPLE))
    before = html(app)
    checked(app.number_input[0].set_value(5).run())
    assert html(app) != before


def test_missing_figures_are_offered_and_measured(only_pair):
    app = compare(runs=",".join(EXAMPLE))
    (button,) = [button for button in app.button if button.label.startswith("Measure")]
    assert button.label == f"Measure {EXAMPLE[0]}, {EXAMPLE[1]}"
    button.click().run()
    assert not app.exception
    assert "Measuring" in words(app)
    wait(lambda: all(open_run(run, only_pair).evaluation() is not None for run in EXAMPLE), 0.5)
    app.run()
    page_html = html(app)
    assert "10-NN accuracy" in page_html
    assert "An autoencoder gives its codes no prior" in page_html
    assert "counted in other units" in page_html


def test_a_measurement_that_fails_leaves_its_sentence(root, tmp_path):
    shutil.copytree(root / EXAMPLE[1], tmp_path / "one")
    run = open_run("one", tmp_path)
    (run.directory / "model.safetensors").write_bytes(b"no weights")
    background.submit(run)
    wait(lambda: not background.look(run, full=False).is_live)
    assert "damaged" in background.look(run, full=False).error


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_beside_a_vae(family, root, only):
    make_family_run(family, only(root / EXAMPLE[1]), "other")
    app = compare(runs=f"other,{EXAMPLE[1]}")
    assert not app.error
    shared = FAMILIES[family].model.is_continuous
    assert len(components(app)) == (3 if shared else 0)
    if not shared:
        assert "its codes are discrete, so there is no z to drag" in words(app)
