"""The samples study: the gradient's variance against closed forms, and what it finds."""

from typing import Any

import pytest
import torch
from study_results import made_up, part_of, untrained
from torch import Generator, nn

from vae.errors import ConfigError
from vae.measures.gradients import gradient_noise
from vae.models.base import LossTerms, Output
from vae.studies import samples

STUDY = samples.STUDY


class Noisy(nn.Module):
    """The objective ``w . (x + noise)``: its gradient is x plus a mean of L draws of N(0, 1)."""

    def __init__(self, size):
        super().__init__()
        self.w = nn.Parameter(torch.ones(size), requires_grad=False)

    def forward(self, x, labels, num_samples, generator):
        noise = torch.randn(num_samples, *x.shape, generator=generator).mean(0)
        loss = (x + noise) @ self.w
        return Output(LossTerms(loss, loss, None), x, x, None)


@pytest.mark.parametrize("num_samples", [1, 4])
def test_the_gradients_variance_is_that_of_a_mean(num_samples):
    size, images, draws = 4_000, 5, 6
    model: Any = Noisy(size)
    batches = [(torch.full((images, size), level), torch.zeros(images)) for level in (1.0, 3.0)]
    found = gradient_noise(model, batches, num_samples, draws, Generator().manual_seed(0))
    # Of each weight 1 / (L B); squares 1 and 9, mean 5; between 1 and 3 a variance of 2.
    assert found.noise == pytest.approx(size / (num_samples * images), rel=0.05)
    assert found.squared_norm == pytest.approx(5 * size, rel=0.05)
    assert found.between == pytest.approx(2 * size, rel=0.05)
    assert model.w.grad is None
    assert not model.w.requires_grad


def test_one_batch_has_no_variance_between_batches():
    batch = (torch.ones(2, 50), torch.zeros(2))
    model: Any = Noisy(50)
    assert gradient_noise(model, [batch], 1, 2, Generator().manual_seed(0)).between is None


def test_more_samples_make_less_noise_in_a_real_model():
    subject, config = untrained(STUDY)
    found = STUDY.measure(subject, config)
    assert found["gradient_variance_1"] / found["gradient_variance_20"] == pytest.approx(
        20, rel=0.2
    )
    assert found["gradient_noise_1"] == found["gradient_variance_1"] / found["gradient_norm2"]
    assert found["gradient_between"] > 0


def test_the_arms_are_the_numbers_of_samples():
    settings = STUDY.settings()
    arms = STUDY.arms(settings)
    assert [arm.config(settings, 0).train.samples for arm in arms] == [1, 5, 20]
    odd = STUDY.settings(values=(1.5,))
    with pytest.raises(ConfigError):
        STUDY.arms(odd)[0].config(odd, 0)


def test_the_loss_at_a_time_lies_between_epochs():
    assert samples.reached([2, 4, 6], [9, 5, 4], 3) == 7
    assert samples.reached([2, 4, 6], [9, 5, 4], 4) == 5
    assert samples.reached([2, 4, 6], [9, 5, 4], 60) == 4
    assert samples.reached([2, 4, 6], [9, 5, 4], 1) is None
    assert samples.reached([], [], 1) is None


def result(elbos, seeds=1, noise=True):
    """-ELBO by L after the last of two epochs, each of L seconds."""

    def epochs(arm, seed):
        count = int(arm.values["samples"])
        last = elbos[count] + seed
        return [
            {"epoch": k, "seconds": float(k * count), "train": {}, "test": {"loss": last + 2 - k}}
            for k in (1, 2)
        ]

    def figures(arm, seed):
        if not noise:
            return {f"gradient_variance_{k}": 6.0 / k for k in samples.GRADIENT_COUNTS}
        return {
            **{f"gradient_variance_{k}": 6.0 / k for k in samples.GRADIENT_COUNTS},
            **{f"gradient_noise_{k}": 2.0 / k for k in samples.GRADIENT_COUNTS},
            **{"gradient_norm2": 3.0, "gradient_between": 1.5},
        }

    return made_up(
        STUDY,
        lambda arm, seed: {"elbo": -elbos[int(arm.values["samples"])] - seed},
        figures,
        epochs,
        values=tuple(map(float, elbos)),
        seeds=seeds,
    )


def test_what_more_samples_buy_is_read_from_the_numbers():
    found = STUDY.finding(result({1: 100.0, 2: 98.0, 20: 97.0}))
    assert "least with L = 20 (97.00 nats)" in found
    assert "With L = 20 it is 3.00 nats lower than with L = 1" in found
    assert "1.00 s per epoch with L = 1; 2.00 s per epoch with L = 2" in found
    # L = 1 is done after 2 s, when L = 2 has done one of its epochs and stands 1 above its end.
    assert "L = 2 is at 99.00 nats and L = 20 is still in its first epoch" in found
    assert "to 1/5 with L = 5 and to 1/20 with L = 20" in found
    assert "With L = 1 it is 2 times the squared norm" in found
    assert "makes 0.5 times that norm" in found
    assert "from 2.5 to 0.6" in found


def test_within_the_spread_more_samples_buy_nothing():
    found = STUDY.finding(result({1: 100.0, 20: 99.5}, seeds=3))
    assert "0.50 nats lower than with L = 1 (within the seeds' spread)" in found
    assert "L = 1 lies within the seeds' spread" in found
    worse = STUDY.finding(result({1: 100.0, 20: 109.5}, seeds=3))
    assert "9.50 nats higher than with L = 1." in worse


def test_where_the_mean_gradient_is_lost_in_noise_the_ratio_is_left_out():
    found = STUDY.finding(result({1: 100.0}, noise=False))
    assert "With L = 1 -ELBO is 100.00 nats" in found
    assert "to 1/5 with L = 5" in found
    assert "squared norm" not in found


def test_charts_take_what_there_is():
    whole = result({1: 100.0, 5: 99.0, 20: 98.0}, seeds=2)
    for count in (0, 1, 4, 6):
        charts = STUDY.charts(part_of(whole, count))
        names = {trace.name for trace in charts["learning-curves"].figure.data if trace.name}
        assert len(names) == min(count, 3)
    by_time = [t for t in charts["learning-curves"].figure.data if t.yaxis == "y2" and t.name]
    assert [list(trace.x) for trace in by_time] == [[1, 2], [5, 10], [20, 40]]
    expected = next(t for t in charts["gradient-noise"].figure.data if t.name == "1/L")
    assert list(expected.y) == pytest.approx([2, 0.4, 0.1])
    bare = STUDY.charts(result({1: 100.0}, noise=False))
    assert not bare["gradient-noise"].figure.data
