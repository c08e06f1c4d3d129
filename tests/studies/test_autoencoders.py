"""The study of autoencoders: its runs, what it measures of one, and what it finds."""

import pytest
import torch
from study_results import part_of, report, result_of, untrained

from vae.data import pixels
from vae.studies import autoencoders
from vae.studies.engine.base import configs
from vae.studies.engine.sharing import fingerprint
from vae.training.plan import plan

STUDY = autoencoders.STUDY


def result(
    errors=(0.005, 0.007, 0.012),
    gains=(1.5, 2.0, 9.5),
    *,
    dataset="mnist",
    epochs=10,
    seeds=3,
):
    """Make a result of squared errors and gains: plain, sparse, denoising."""

    def facts(arm, seed, config):
        place = list(autoencoders.KINDS).index(arm.family)
        error = errors[place] + 1e-4 * seed
        figures = {
            **{"clean_mse": error, "corruption": "gaussian:0.5", "gain": gains[place] + 0.1 * seed},
            **{"psnr_before": 9.4, "psnr_after": 9.4 + gains[place]},
        }
        if arm.family == "sparse-ae":
            figures |= {"active_share": 0.25, "used_units": 20}
        lines = [
            report(epoch, error, recon_loss=error * (1 + 1 / epoch), kl=None)
            for epoch in range(1, epochs + 1)
        ]
        return {"epochs": lines, "standard": {"knn_accuracy": 0.9}, "figures": figures}

    return result_of(STUDY, STUDY.settings(dataset=dataset, epochs=epochs, seeds=seeds), facts)


def test_the_runs_are_the_families_as_they_are():
    for _, seed, config in configs(STUDY, STUDY.settings(seeds=2)):
        wanted = plan(
            config.model.family,
            name="other",
            data={"dataset": "mnist"},
            model={"arch": "mlp", "hidden": (512, 256), "latent_dim": 32},
            train={"epochs": 10, "batch_size": 64, "lr": 1e-3, "seed": seed},
        )
        assert fingerprint(config) == fingerprint(wanted)


def test_a_code_is_active_where_it_is_above_zero():
    codes = torch.tensor([[0.0, 1.0, 0.0, 0.0], [0.0, 2.0, 3.0, 0.0]])
    assert autoencoders.active(codes) == {"active_share": 3 / 8, "used_units": 2}


def test_the_clean_error_is_of_what_is_drawn_from_an_original_image(few_digits):
    subject, config = untrained(STUDY, 2)
    subject.data = few_digits
    # A decoder of zeros draws grey 1/2 everywhere, so the error is known.
    with torch.no_grad():
        for weights in subject.model.decoder.parameters():
            weights.zero_()
    found = STUDY.measure(subject, config)
    x = pixels(few_digits.test.images)
    assert found["clean_mse"] == pytest.approx(float((x - 0.5).square().mean()), rel=1e-5)
    assert found["gain"] == pytest.approx(found["psnr_after"] - found["psnr_before"])
    assert "active_share" not in found


def test_pictures_are_ten_each(few_digits):
    subject, config = untrained(STUDY, 1)
    subject.data = few_digits
    found = STUDY.pictures(subject, config)
    assert set(found) == {"originals", "test", "spoiled", "cleaned"}
    assert {images.shape for images in found.values()} == {(10, 1, 8, 8)}
    assert 0 <= STUDY.measure(subject, config)["active_share"] <= 1


def test_the_finding_follows_the_numbers():
    found = STUDY.finding(result())
    assert "0.0051 (0.0050 to 0.0052) (plain)" in found
    assert "The denoising autoencoder has 0.0070 more than the plain one (beyond" in found
    assert "publishes 0.0079 for the plain one; here it is 0.0056" in found
    assert "a share of 0.250 of the sparse autoencoder's 32 units" in found
    assert "The denoising one gains 8.00 dB more than the plain one (beyond" in found
    other = STUDY.finding(result((0.01, 0.00995, 0.005), (4.0, 2.0, 3.0), dataset="digits"))
    assert "The denoising autoencoder has 0.0050 less than the plain one (beyond" in other
    assert "0.0001 less than the plain one (within" in other or "as much as" in other
    assert "The denoising one gains 1.00 dB less than the plain one" in other
    assert "publishes" not in other


@pytest.mark.parametrize("epochs", [1, 3, 12])
def test_the_published_error_is_that_of_the_same_epoch(epochs):
    found = STUDY.finding(result(epochs=epochs, seeds=1))
    epoch = min(epochs, 10)
    ours = 0.005 * (1 + 1 / epoch)
    published = autoencoders.PUBLISHED[epoch - 1]
    assert f"After epoch {epoch}, Ba (2021) publishes {published:.4f}" in found
    assert f"here it is {ours:.4f}" in found
    assert "spread" not in found


@pytest.mark.parametrize("kept", [0, 1, 2, 5])
def test_parts_of_a_result_are_drawn(kept):
    whole = result()
    charts = STUDY.charts(part_of(whole, kept))
    assert bool(charts) == bool(kept)
    if kept:
        names = [trace.name for trace in charts["error-by-epoch"].figure.data]
        assert "plain, published" in names


def test_published_figures_stand_beside_mnist_alone():
    charts = STUDY.charts(result(dataset="digits"))
    figure = charts["error-by-epoch"].figure
    assert "plain, published" not in [trace.name for trace in figure.data]
    assert "published" not in charts["error-by-epoch"].caption
