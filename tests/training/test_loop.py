"""The loop: what it reports, and the same curve from the same seed."""

import itertools

import numpy as np
import pytest
import torch
from small_models import curve, paused_and_resumed, states_equal, stopped_and_resumed

from vae.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from vae.data import ImageData, Split, load
from vae.errors import DataError, TrainingError
from vae.training.loop import (
    EpochReport,
    StepReport,
    TrainState,
    epoch_seed,
    fit,
    fixed_indices,
    num_codes,
)
from vae.training.metrics import Terms

pytestmark = pytest.mark.usefixtures("one_thread")


def test_reports_of_an_epoch(tiny, make_config):
    config = make_config(epochs=2, batch_size=1)
    reports = list(fit(config, tiny))
    steps = [r for r in reports if isinstance(r, StepReport)]
    epochs = [r for r in reports if isinstance(r, EpochReport)]
    # At first many reports, as the most happens then.
    assert [r.step for r in steps] == [*range(1, 61), *range(2, 61, 2)]
    assert [r.epoch for r in epochs] == [1, 2]
    assert isinstance(reports[-1], EpochReport)
    seconds = [r.seconds for r in reports]
    assert seconds == sorted(seconds)
    for report in reports:
        assert report.steps_per_epoch == 60
        assert report.train.loss == pytest.approx(
            report.train.recon_loss + report.train.kl, rel=1e-5
        )
    # Windows hold as many images each, so the epoch's mean is theirs.
    mean = np.mean([r.train.loss for r in steps[:60]])
    assert epochs[0].train.loss == pytest.approx(mean, rel=1e-5)


def test_epoch_mean_counts_images_where_the_last_batch_is_smaller(tiny, make_config):
    reports = list(fit(make_config(epochs=1, batch_size=16, lr=1e-9), tiny))
    sizes = [16, 16, 16, 12]
    steps = [r.train.loss for r in reports if isinstance(r, StepReport)]
    assert len(steps) == 4
    assert reports[-1].train.loss == pytest.approx(np.average(steps, weights=sizes), rel=1e-5)


def test_every_image_is_seen_once_an_epoch(make_config, monkeypatch):
    images = torch.arange(50, dtype=torch.uint8).view(50, 1, 1, 1).expand(50, 1, 6, 6).contiguous()
    split = Split(images, torch.zeros(50, dtype=torch.int64))
    data = ImageData("numbered", (1, 6, 6), ("a",), split, split)
    state = TrainState(make_config(epochs=2, batch_size=8))
    seen: list[int] = []
    original = state.model.loss

    def watch(x, *args):
        seen.extend((x[:, 0, 0, 0] * 255).round().int().tolist())
        return original(x, *args)

    monkeypatch.setattr(state.model, "loss", watch)
    list(fit(make_config(epochs=2, batch_size=8), data, state))
    assert sorted(seen[:50]) == sorted(seen[50:]) == list(range(50))
    assert seen[:50] != seen[50:]
    assert seen[:50] != list(range(50))


@pytest.mark.parametrize("arch", ["mlp", "conv"])
@pytest.mark.parametrize("samples", [1, 3])
def test_same_seed_same_curve(tiny, make_config, arch, samples):
    config = make_config(arch=arch, hidden=(8,), samples=samples, seed=5)
    one, other = TrainState(config), TrainState(config)
    torch.manual_seed(1)
    first = list(fit(config, tiny, one))
    torch.manual_seed(2)
    second = list(fit(config, tiny, other))
    assert curve(first) == curve(second)
    assert states_equal(one, other)
    for name in ("train_recon", "test_recon", "samples"):
        ours, theirs = (getattr(r[-1].pictures, name) for r in (first, second))
        assert np.array_equal(ours, theirs)
        assert ours.dtype == np.uint8


def test_another_seed_gives_another_curve(tiny, make_config):
    curves = [
        curve(fit(make_config(seed=seed, epochs=1), tiny)) for seed in (0, 1, 4096, 2**31 - 1)
    ]
    for one, other in itertools.combinations(curves, 2):
        assert one != other


def test_seeds_of_epochs_differ_in_the_bits_that_torch_reads():
    found = {epoch_seed(seed, epoch) for seed in (0, 1, 4096, 2**31 - 1) for epoch in range(1, 101)}
    assert len(found) == 400
    assert max(found) < 2**32


def test_training_leaves_the_global_generator_alone(tiny, make_config):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    list(fit(make_config(epochs=1), tiny))
    assert torch.equal(torch.get_rng_state(), before)


def test_beta_weighs_the_kl_down(tiny, make_config):
    ends = [
        list(fit(make_config(beta=beta, epochs=30, lr=1e-2), tiny))[-1].test for beta in (0.1, 30)
    ]
    assert ends[1].kl < ends[0].kl / 3
    assert ends[1].recon_loss > ends[0].recon_loss


def test_bfloat16_trains_on_the_cpu(tiny, make_config):
    found = {}
    for precision in ("float32", "bf16"):
        config = make_config(precision=precision, epochs=8, lr=1e-2, hidden=(32,))
        state = TrainState(config)
        found[precision] = [r for r in fit(config, tiny, state) if isinstance(r, EpochReport)]
        assert all(w.dtype == torch.float32 for w in state.model.parameters())
    assert curve(found["bf16"]) != curve(found["float32"])
    assert found["bf16"][-1].test.loss < found["bf16"][0].test.loss
    assert found["bf16"][-1].test.loss == pytest.approx(found["float32"][-1].test.loss, rel=0.1)


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_a_loss_that_is_not_finite_names_the_epoch(tiny, make_config, precision):
    config = make_config(precision=precision, epochs=5)
    state = TrainState(config)
    reports = fit(config, tiny, state)
    while state.epoch < 2:
        next(reports)
    with torch.no_grad():
        state.model.encoder[-1].bias.fill_(1e30)
    with pytest.raises(TrainingError, match=r"epoch 3.*learning rate than 0\.001") as error:
        list(reports)
    assert ("float32" in str(error.value)) == (precision == "bf16")
    assert state.epoch == 2


def test_a_test_loss_that_is_not_finite_stops_too(tiny, make_config, monkeypatch):
    monkeypatch.setattr(
        "vae.training.loop.split_terms",
        lambda *args, **kwargs: (Terms(*[float("nan")] * 3), 0.0, None),
    )
    with pytest.raises(TrainingError, match="epoch 1"):
        list(fit(make_config(), tiny))


def test_resumed_after_a_stop_in_an_epoch_is_the_unbroken_run(tiny, make_config, tmp_path):
    config = make_config(epochs=4, arch="conv", hidden=(6, 8), samples=2)
    whole = TrainState(config)
    unbroken = list(fit(config, tiny, whole))
    reports, again = stopped_and_resumed(config, tiny, tmp_path, 2)
    assert curve(reports) == curve(unbroken)
    assert states_equal(again, whole)


@pytest.mark.parametrize("steps", [1, 67, 118])
def test_paused_at_any_step_it_goes_on_at_that_step(tiny, make_config, tmp_path, steps):
    # In the second epoch a report is of two steps: odd ones lie within.
    config = make_config(epochs=2, batch_size=1, samples=2)
    whole = TrainState(config)
    unbroken = list(fit(config, tiny, whole))
    reports, again = paused_and_resumed(config, tiny, tmp_path, steps)
    assert curve(reports) == curve(unbroken)
    assert states_equal(again, whole)


def test_state_that_lacks_a_weight_is_refused(make_config):
    state = TrainState(make_config())
    tensors = state.tensors()
    tensors.pop("model.encoder.1.weight")
    with pytest.raises(RuntimeError):
        state.restore(tensors)


def test_images_of_another_shape_are_refused(make_data, make_config):
    with pytest.raises(DataError, match="6 x 6"):
        list(fit(make_config(), make_data((1, 7, 6))))


def test_fixed_images_are_one_of_each_class_then_the_first():
    labels = torch.tensor([2, 2, 0, 0, 1, 1, 2])
    assert fixed_indices(labels, 3).tolist() == [2, 4, 0]
    assert fixed_indices(labels, 2).tolist() == [2, 4]
    assert fixed_indices(labels, 5).tolist() == [2, 4, 0, 1, 3]
    assert sorted(fixed_indices(labels, 10).tolist()) == list(range(7))


@pytest.mark.parametrize(("latent", "count"), [(1, 2000), (2, 2000), (20, 1000), (1024, 100)])
def test_codes_kept_shrink_with_the_latent_size(latent, count):
    assert num_codes(latent) == count


def test_pictures_show_the_fixed_images(make_data, make_config):
    data = make_data((1, 6, 6), train=120)
    config = make_config(epochs=60, lr=1e-2, hidden=(32,))
    end = list(fit(config, data))[-1]
    originals = data.test.images[fixed_indices(data.test.labels)].numpy().astype(float)
    error = np.abs(end.pictures.test_recon - originals).mean()
    other = np.abs(end.pictures.test_recon[[1, 2, 0]] - originals[:3]).mean()
    assert error < 30 < other


@pytest.mark.real_data
def test_one_epoch_on_real_mnist_reaches_a_sane_loss(mnist_dir):
    data = load("mnist")
    config = RunConfig(
        data=DataConfig(dataset="mnist"),
        model=ModelConfig(hidden=(128,), latent_dim=10),
        train=TrainConfig(epochs=1, device="cpu"),
    )
    reports = list(fit(config, data))
    first, last = reports[0], reports[-1]
    assert isinstance(last, EpochReport)
    assert first.train.loss > 200
    # Published curves of such a model stand at 120 to 140 nats after an epoch.
    assert 110 < last.test.loss < 145
    assert 8 < last.test.kl < 30
