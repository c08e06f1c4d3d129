"""Models without a browser: the table, a model's page, and its measures in each state."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from driver import buttons, html, open_page, press, rerun, until, words
from family_runs import make_family_run
from streamlit.testing.v1 import AppTest

from vae import runs
from vae.analysis.models import headline
from vae.locale.numbers import number, percent
from vae.measures import MEASURES, background
from vae.measures.report import keep, measure_run, path_of, read
from vae.runs import Run, Status
from vae.runs.titles import title

SCRIPT = """
from pathlib import Path
from vae.runs import Run
from vae.ui.models.measures import panel

panel(Run(Path({directory!r})))
"""
WAIT_S = 120.0


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A run of a VAE that has been measured, and one of an autoencoder likewise."""
    folder = tmp_path_factory.mktemp("runs")
    for family in ("vae", "ae", "vq-vae"):
        run = make_family_run(family, folder)
        keep(run, measure_run(run, 2))
    return folder


@pytest.fixture
def fresh(tmp_path) -> Iterator[Run]:
    """A run that has not been measured."""
    run = make_family_run("vae", tmp_path, "fresh")
    yield run
    background.stop(run, full=True)


def open_panel(run: Run) -> AppTest:
    app = AppTest.from_string(SCRIPT.format(directory=str(run.directory)), default_timeout=60)
    return rerun(app)


def card(app: AppTest, name: str) -> str:
    return html(app).split(f'data-testid="measure-{name}"')[1].split("</div>")[0]


def test_figures_are_shown_with_unit_error_and_caution(root):
    run = Run(root / "small-vae")
    app = open_panel(run)
    assert not app.error
    found = read(run)
    for name, measure in MEASURES.items():
        shown = card(app, name)
        if found[name] is not None:
            assert measure.unit in shown
            assert measure.meaning.replace("'", "&#39;") in shown
            assert "<summary" in shown
            assert measure.caution[:40] in shown
    shown = card(app, "log_likelihood")
    assert number(found["log_likelihood"]) in shown
    assert "standard error" in shown
    assert "K = 2" in shown
    assert len(app.get("plotly_chart")) == 2
    assert "Measure again" in buttons(app)
    assert number(found["elbo"]) in card(app, "elbo")


@pytest.mark.parametrize("family", ["ae", "vq-vae"])
def test_what_has_no_meaning_is_na_with_the_reason(root, family):
    app = open_panel(Run(root / f"small-{family}"))
    assert not app.error
    reason = "no prior" if family == "ae" else "codebook"
    for name in ("log_likelihood", "mutual_information", "kl_per_dim"):
        assert "n/a" in card(app, name)
        assert reason in card(app, name)
    assert "n/a" not in card(app, "linear_probe")
    assert ("n/a" in card(app, "elbo")) == (family == "ae")
    assert not app.get("plotly_chart")


def test_a_run_is_measured_beside_the_page(fresh):
    app = open_panel(fresh)
    assert "Measure" in buttons(app)
    assert "measure-log_likelihood" not in html(app)
    app.segmented_control[0].set_value(100)
    press(app, "Measure")
    assert "Stop" in buttons(app)
    until(app, lambda: "measure-log_likelihood" in html(app))
    assert not app.error
    assert "K = 100" in card(app, "log_likelihood")
    # Weights that have changed since have other figures.
    path = fresh.directory / "model.safetensors"
    path.write_bytes(path.read_bytes() + b" ")
    rerun(app)
    assert "measure-log_likelihood" not in html(app)


def test_measuring_can_be_stopped(fresh):
    app = open_panel(fresh)
    app.segmented_control[0].set_value(5000)
    app.button[0].click()
    rerun(app)
    press(app, "Stop")
    until(app, lambda: "Measure" in buttons(app))
    assert not app.error
    assert read(fresh) is None


def test_a_damaged_model_is_a_sentence(fresh):
    (fresh.directory / "model.safetensors").write_bytes(b"not safetensors")
    app = open_panel(fresh)
    app.button[0].click()
    rerun(app)
    until(app, lambda: bool(app.error))
    assert "was not measured" in words(app)
    assert "damaged" in words(app)
    assert "Measure" in buttons(app)


def test_figures_that_are_damaged_count_as_none(root):
    run = Run(root / "small-vae")
    path = path_of(run)
    whole = path.read_bytes()
    try:
        path.write_bytes(whole[:100])
        assert "Measure" in buttons(open_panel(run))
    finally:
        path.write_bytes(whole)


def test_images_that_are_not_here_are_offered(root, tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path))
    run = Run(root / "small-vae")
    config = run.config.model_copy(
        update={"data": run.config.data.model_copy(update={"dataset": "mnist"})}
    )
    other = runs.create(config.model_copy(update={"name": "other"}), tmp_path)
    (other.directory / "model.safetensors").write_bytes(
        (run.directory / "model.safetensors").read_bytes()
    )
    other.write_status(Status(state="done", epoch=1, epochs=1))
    app = open_panel(other)
    assert "are not here" in words(app)
    assert "Get MNIST" in buttons(app)
    assert "Measure" not in buttons(app)


def test_a_run_that_trains_is_waited_for(root, tmp_path):
    run = Run(root / "small-vae")
    waiting = runs.create(run.config.model_copy(update={"name": "waiting"}), tmp_path)
    app = open_panel(waiting)
    assert "still training" in words(app)
    assert not app.button


def test_the_table_opens_a_model_and_an_old_link_its_measures(without_data):
    app = open_page("models")
    (table,) = app.dataframe
    titles = list(table.value["title"])
    assert "MNIST, 2 dimensions" in titles
    assert len(set(titles)) == len(titles)
    app = open_page("models", run="mnist-vae-20d")
    assert "mnist-vae-20d" in words(app)
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["−ELBO"] == "99.2"
    assert shown["10-NN"] == "97.3%"
    old = open_page("evaluate", run="mnist-vae-20d")
    assert old.query_params["part"] in ("measures", ["measures"])
    assert "All figures on the test images" in words(old)


def cells(app: AppTest, title: str) -> list[str]:
    """Return what Compare's table says of its runs under a title."""
    row = html(app).split(f">{title}")[1].split("</tr>")[0]
    return [cell.split("</td>")[0] for cell in re.split(r"<td[^>]*>", row)[1:]]


def test_one_run_has_one_value_of_each_figure_on_every_page(without_data):
    name = "mnist-vae-2d"
    found = headline(runs.open_run(name))
    elbo, recon = number(found.neg_elbo), number(found.recon_loss)
    mse, knn = number(found.mse), percent(found.knn, 1)

    assert f"{elbo} nats per image" in words(open_page("home"))

    model = open_page("models", run=name)
    shown = {metric.label: metric.value for metric in model.metric}
    assert (shown["−ELBO"], shown["10-NN"]) == (elbo, knn)

    table = open_page("models").dataframe[0].value
    line = table[table["title"] == title(runs.open_run(name))].iloc[0]
    assert (f"{line['elbo']:.3g}", percent(line["knn"], 1)) == (elbo, knn)

    measures = open_page("models", run=name, part="measures")
    assert f">−{elbo} <" in card(measures, "elbo")
    assert f">{recon} <" in card(measures, "recon_loss")
    assert f">{mse} <" in card(measures, "mse")
    assert f">{knn} <" in card(measures, "knn_accuracy")

    compared = open_page("compare", runs=f"{name},mnist-vae-20d")
    assert cells(compared, "ELBO, nats")[0] == f"−{elbo}"
    assert cells(compared, "Reconstruction loss")[0] == recon
    assert cells(compared, "Squared error")[0] == mse
    assert cells(compared, "10-NN accuracy")[0] == knn

    # Votes among the codes of a plot are another quantity: its label has their number.
    embedded = open_page("embeddings", run=name, method="tsne")
    assert "10-NN in mu, 5,000 codes" in [metric.label for metric in embedded.metric]


def test_a_model_is_filtered_by_whose_it_is(own_runs):
    mine = open_page("models", whose="own").dataframe[0].value
    assert len(mine) == len(open_page("models").dataframe[0].value) > 0
    assert "No model fits" in words(open_page("models", whose="shipped"))
