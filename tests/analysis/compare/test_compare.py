"""Runs side by side: settings, units, figures, images, and the holes of a latent space."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from vae.analysis.compare import images, settings, table, terms
from vae.figures import compare as figures
from vae.latent.export import pixel_model
from vae.models import FAMILIES, build, configure
from vae.training.plan import plan


def config_of(family, name=None, **values):
    """Settings of a run on the embedded digits."""
    data = {
        "dataset": "digits",
        **{key: values.pop(key) for key in ("classes", "binarise") if key in values},
    }
    train = {key: values.pop(key) for key in ("epochs", "samples", "seed") if key in values}
    return plan(family, name=name or family, data=data, model=values, train=train)


def setting(configs, name):
    (found,) = [item for item in settings.settings(configs) if item.name == name]
    return found


# --- settings


def test_settings_that_differ_are_told_from_those_that_do_not():
    configs = [config_of("vae", "one", latent_dim=2), config_of("vae", "two", latent_dim=3, seed=4)]
    differing = {item.name for item in settings.settings(configs) if item.differs}
    assert differing == {"latent dim", "seed"}
    assert setting(configs, "latent dim").values == ("2", "3")


def test_a_setting_that_one_family_does_not_read_is_not_applicable_there():
    configs = [config_of("ae"), config_of("vae")]
    assert setting(configs, "beta").values == (None, "1")
    assert setting(configs, "reconstruction").values == ("mse", None)
    assert setting(configs, "samples").values == (None, "1")
    assert setting(configs, "kl warmup").values == (None, "0")
    assert setting(configs, "beta").differs


def test_a_setting_that_no_family_reads_is_not_shown():
    names = {item.name for item in settings.settings([config_of("ae"), config_of("ae", "other")])}
    assert not names & {"beta", "codebook", "contraction", "num classes", "samples"}


def test_a_setting_that_hangs_on_another_one_is_read_only_with_it():
    configs = [config_of("vae"), config_of("vae", "wide", likelihood="gaussian", sigma=0.3)]
    assert setting(configs, "sigma").values == (None, "0.3")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_option_of_a_family_is_among_its_settings(family):
    config = config_of(family)
    shown = {item.name.replace(" ", "_") for item in settings.settings([config])}
    read = set(FAMILIES[family].model.options) - {"variance", "sigma", "sparsity_target"}
    assert read <= shown


# --- units and curves


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("choice", [{}, {"likelihood": "gaussian"}, {"reconstruction": "bce"}])
def test_the_unit_is_that_of_the_loss_that_the_model_computes(family, choice):
    if not set(choice) <= set(FAMILIES[family].model.options):
        pytest.skip("not a setting of this family")
    config = configure(family, num_classes=3, image_shape=(1, 8, 8), hidden=(4,), **choice)
    loss = pixel_model(build(config))["loss"]
    assert terms.loss_unit(config) == terms._UNITS[loss]


def run_of(config, epochs, metrics):
    """Return a run with a config and reports, and nothing on disk."""
    reports = {"epochs": lambda: epochs, "metrics": lambda: metrics}
    return SimpleNamespace(name=config.name, config=config, **reports)


def fake(config, values, kl=1.0):
    epochs = [
        {
            "kind": "epoch",
            "epoch": epoch,
            "steps_per_epoch": 4,
            "train": {"loss": value + 1, "recon_loss": value, "kl": kl},
            "test": {"loss": value + 2, "recon_loss": value, "kl": kl},
        }
        for epoch, value in enumerate(values, start=1)
    ]
    return run_of(config, epochs, epochs)


def test_mse_and_nats_never_share_an_axis():
    runs = [fake(config_of("ae"), [0.1, 0.05], None), fake(config_of("vae"), [50.0, 40.0])]
    panels, notes = terms.curves(runs, "recon_loss")
    assert [[curve.name for curve in panel.curves] for panel in panels] == [["ae"], ["vae"]]
    assert [panel.unit for panel in panels] == ["mean squared error per pixel", "nats per image"]
    assert "cannot be compared" in notes[0]


def test_cross_entropy_of_an_autoencoder_stands_beside_bernoulli_pixels():
    runs = [fake(config_of("ae", reconstruction="bce"), [60.0], None), fake(config_of("vae"), [50])]
    (panel,), notes = terms.curves(runs, "recon_loss")
    assert [curve.place for curve in panel.curves] == [0, 1]
    assert not notes


def test_losses_on_other_images_have_a_panel_of_their_own():
    runs = [fake(config_of("vae"), [50.0]), fake(config_of("vae", "few", classes=(1, 7)), [40.0])]
    panels, _ = terms.curves(runs, "loss")
    assert [panel.title for panel in panels] == ["Total on digits", "Total on digits, classes 1, 7"]


def test_a_run_without_a_kl_is_named_with_the_reason():
    runs = [fake(config_of("ae"), [0.1], None), fake(config_of("vae"), [50.0])]
    (panel,), notes = terms.curves(runs, "kl")
    assert [curve.name for curve in panel.curves] == ["vae"]
    assert notes == ["ae has no KL. An autoencoder gives its codes no prior, so there is no KL."]


def test_a_total_of_another_objective_is_told():
    runs = [fake(config_of("beta-vae"), [50.0]), fake(config_of("iwae", samples=5), [50.0])]
    _, notes = terms.curves(runs, "loss")
    assert "counts its KL 4 times" in notes[0]
    assert "5 samples" in notes[1]


def test_curves_of_a_run_that_has_just_begun_are_those_of_its_steps():
    steps = [
        {"kind": "step", "epoch": 1, "step": step, "steps_per_epoch": 4, "train": {"loss": 9.0}}
        for step in (1, 2)
    ]
    (panel,), _ = terms.curves([run_of(config_of("vae"), [], steps)], "loss")
    np.testing.assert_allclose(panel.curves[0].train_at, [0.25, 0.5])
    assert not len(panel.curves[0].test)
    panels, notes = terms.curves([run_of(config_of("vae"), [], [])], "loss")
    assert not panels
    assert "no figures" in notes[0]


def test_the_figure_has_an_axis_for_each_panel():
    runs = [fake(config_of("ae"), [0.1, 0.05], None), fake(config_of("vae"), [50.0, 40.0])]
    figure = figures.compared_curves(terms.curves(runs, "loss")[0])
    assert [trace.name for trace in figure.data] == [
        "ae, train",
        "ae, test",
        "vae, train",
        "vae, test",
    ]
    assert {trace.yaxis for trace in figure.data[:2]} == {"y"}
    assert {trace.yaxis for trace in figure.data[2:]} == {"y2"}
    np.testing.assert_allclose(figure.data[3].y, [52.0, 42.0])
    assert figure.data[0].line.color != figure.data[2].line.color


def measured(**values):
    found = {"elbo": -90.0, "recon_loss": 80.0, "kl": 10.0, "mse": 0.04, "knn_accuracy": 0.8}
    return {**found, "active_units": 2, "binary": None, "not_applicable": {}, **values}


def row(found, title):
    (figure,) = [figure for figure in found if figure.measure.title.startswith(title)]
    return figure


# --- figures


def test_the_best_is_at_the_right_end_of_each_figure():
    configs = [config_of("vae", "one"), config_of("vae", "two")]
    found = table.figures(
        configs, [measured(), measured(elbo=-85.0, recon_loss=82.0, kl=3.0, mse=0.04)]
    )
    assert row(found, "ELBO").best == {1}
    assert row(found, "Reconstruction").best == {0}
    assert row(found, "Squared").best == {0, 1}
    assert row(found, "10-NN").best == {0, 1}
    # Neither much nor little of these is better.
    assert not row(found, "KL").best
    assert not row(found, "Active").best


def test_runs_that_differ_in_more_than_one_thing_or_in_epochs_are_not_ranked():
    better = measured(elbo=-85.0)
    for values in ({"epochs": 7}, {"latent_dim": 5, "batch_size": 32}):
        batch = {"batch_size": values.pop("batch_size")} if "batch_size" in values else {}
        other = config_of("vae", "two", **values)
        other = other.model_copy(update={"train": other.train.model_copy(update=batch)})
        found = table.figures([config_of("vae", "one"), other], [measured(), better])
        assert not any(figure.best for figure in found)
    one_thing = [config_of("vae", "one"), config_of("vae", "two", latent_dim=5, seed=3)]
    assert row(table.figures(one_thing, [measured(), better]), "ELBO").best == {1}


def test_what_a_difference_brings_with_it_does_not_count():
    dense, conv = config_of("vae", hidden=(4,)), config_of("vae", arch="conv", hidden=(8, 8))
    assert [one.name for one in settings.differences([dense, conv])] == ["arch"]
    other_family = settings.differences([config_of("ae"), config_of("vae")])
    assert [one.name for one in other_family] == ["family"]
    both = [config_of("vae", latent_dim=2), config_of("vae", latent_dim=8, epochs=9)]
    assert settings.say_differences(settings.differences(both)).startswith("latent dim (2; 8), ")


def test_the_run_that_compares_best_is_of_the_same_images_and_epochs():
    first = config_of("vae", latent_dim=2)
    like = [
        config_of("vae", latent_dim=20),
        config_of("vae", "larger", latent_dim=20, beta=4.0),
        config_of("vae", "seed", seed=5),
        config_of("vae", "longer", epochs=first.train.epochs + 1),
        config_of("vae", "classes", classes=(0, 1)),
    ]
    turned = like[::-1]
    order = sorted(turned, key=lambda config: settings.likeness(first, config))
    assert order == like


def test_losses_in_other_units_are_not_ranked_but_pixel_errors_are():
    configs = [config_of("ae"), config_of("vae")]
    reasons = {"elbo": "No bound.", "kl": "No KL."}
    autoencoder = measured(elbo=None, kl=None, recon_loss=0.03, mse=0.03, not_applicable=reasons)
    found = table.figures(configs, [autoencoder, measured()])
    loss = row(found, "Reconstruction")
    assert not loss.best
    assert "other units" in loss.note
    assert row(found, "Squared").best == {0}
    elbo = row(found, "ELBO")
    assert elbo.text(0) == "n/a"
    assert elbo.cells[0].reason == "No bound."
    assert not elbo.best  # one alone is not the best of anything


def test_figures_on_other_images_are_not_ranked():
    configs = [config_of("vae", "one"), config_of("vae", "two", classes=(0, 1))]
    for figure in table.figures(configs, [measured(), measured(elbo=-5.0, mse=0.01)]):
        assert not figure.best
        assert bool(figure.note) == bool(figure.measure.better)


def test_a_bound_given_the_label_is_not_ranked_with_one_without_it():
    configs = [config_of("vae"), config_of("cvae")]
    found = table.figures(configs, [measured(), measured(elbo=-80.0)])
    assert not row(found, "ELBO").best
    assert "log p(x|y)" in row(found, "ELBO").note


def test_a_run_that_is_not_measured_has_a_dash_and_no_reason():
    configs = [config_of("vae", "one"), config_of("vae", "two")]
    found = table.figures(configs, [None, measured(perplexity=12.5)])
    assert row(found, "ELBO").text(0) == "–"
    assert row(found, "ELBO").text(1) == "−90.0"
    assert row(found, "Perplexity").text(1) == "12.5"
    assert table.figures(configs, [None, None]) == []


def test_figures_of_black_and_white_images_are_there_for_bernoulli_pixels_alone():
    configs = [config_of("vae"), config_of("vae", "wide", likelihood="gaussian")]
    binary = {"elbo": -70.0, "recon_loss": 60.0, "kl": 10.0}
    found = table.figures(configs, [measured(binary=binary), measured()])
    assert row(found, "ELBO, pixels black or white").text(0) == "−70.0"
    assert "Bernoulli" in row(found, "ELBO, pixels black or white").cells[1].reason


# --- images


def test_the_same_seed_chooses_the_same_images_of_classes_that_all_know(
    few_digits,
):
    configs = [config_of("vae", classes=(1, 2, 3)), config_of("vae", "two", classes=(2, 3, 4))]
    one = images.choose_images(few_digits, configs, 5, 3)
    again = images.choose_images(few_digits, configs, 5, 3)
    torch.testing.assert_close(one.images, again.images)
    assert set(one.labels.tolist()) <= {2, 3}
    other = images.choose_images(few_digits, configs, 5, 4)
    assert not torch.equal(one.images, other.images)
    apart = [config_of("vae", classes=(1,)), config_of("vae", "two", classes=(2,))]
    assert len(images.choose_images(few_digits, apart, 5, 3)) == 5


@pytest.mark.parametrize("family", FAMILIES)
def test_reconstructions_of_every_family(family, few_digits):
    config = config_of(family, hidden=(4,), latent_dim=2, arch="mlp")
    torch.manual_seed(0)
    model = build(config.model).eval()
    split = images.choose_images(few_digits, [config], 6, 0)
    made = images.reconstruct(model, split, config.data)
    assert made.images.shape == (6, 1, 8, 8)
    error = (made.images / 255 - split.images.numpy() / 255) ** 2
    assert made.mse == pytest.approx(error.mean(), abs=5e-3)


def test_a_run_on_black_and_white_images_is_measured_on_those(few_digits):
    config = config_of("vae", hidden=(4,), binarise="static")
    model = build(config.model).eval()
    split = images.choose_images(few_digits, [config], 6, 0)
    grey = images.reconstruct(model, split, config_of("vae").data)
    assert images.reconstruct(model, split, config.data).mse != pytest.approx(grey.mse)
