"""The prior over codes: causal, a distribution, and sampled as one."""

import itertools

import pytest
import torch

from vae.models.code_prior import STEADY, CodePrior, SteadyPrior

GENERATOR = torch.Generator().manual_seed(12)
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def prior():
    torch.manual_seed(0)
    prior = CodePrior(length=6, dim=3, num_codes=5)
    torch.nn.init.normal_(prior.place)
    return prior.eval()


def test_a_code_changes_only_what_is_predicted_after_it(prior):
    before = torch.randn(2, 5, 3)
    logits = prior(before)
    assert logits.shape == (2, 6, 5)
    for i in range(5):
        other = before.clone()
        other[:, i] += 1
        changed = (prior(other) - logits).abs().amax((0, 2)) > 1e-6
        assert changed.tolist() == [False] * (i + 1) + [True] * (5 - i)


def test_predicting_step_by_step_equals_all_at_once(prior):
    before = torch.randn(2, 5, 3)
    whole = prior(before)
    for t in range(6):
        torch.testing.assert_close(prior(before[:, :t]), whole[:, : t + 1], rtol=1e-4, atol=1e-5)


def test_probabilities_of_all_sequences_sum_to_one():
    torch.manual_seed(0)
    prior = CodePrior(length=3, dim=2, num_codes=4)
    book = torch.randn(4, 2)
    every = torch.tensor(list(itertools.product(range(4), repeat=3)))
    total = torch.exp(-prior.nll(every, book[every])).sum()
    assert total.item() == pytest.approx(1, abs=1e-5)


def test_draws_what_it_predicts(prior):
    """Places already seen are kept, not predicted anew: that must change nothing."""
    book = torch.randn(5, 3)
    drawn = prior.draw(4, book, torch.Generator().manual_seed(6))
    generator = torch.Generator().manual_seed(6)
    expected = torch.zeros(4, 0, dtype=torch.int64)
    for _ in range(6):
        chances = torch.softmax(prior(book[expected])[:, -1], -1)
        expected = torch.cat([expected, torch.multinomial(chances, 1, generator=generator)], 1)
    assert torch.equal(drawn, expected)


def test_the_steady_prior_is_the_moving_average_of_the_learner(prior):
    steady = SteadyPrior(prior)
    assert not list(steady.parameters())
    before = torch.randn(2, 3, 3)
    torch.testing.assert_close(steady(before), prior(before))
    expected = prior.place.detach().clone()
    for step in range(1, 1200):
        with torch.no_grad():
            prior.place.add_(torch.randn(prior.place.shape, generator=GENERATOR))
        steady.follow(prior)
        share = max(STEADY, 10 / (10 + step))
        expected = (1 - share) * expected + share * prior.place.detach()
    torch.testing.assert_close(steady.place, expected, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(steady.place, prior.place)


def hand_made(prior: CodePrior, chances: torch.Tensor) -> None:
    """Make every code independent of the others, with these probabilities."""
    norm, head = prior.leave
    torch.nn.init.zeros_(norm.weight)
    with torch.no_grad():
        head.bias.copy_(chances.log())


def test_samples_follow_the_distribution(prior):
    chances = torch.tensor([0.5, 0.3, 0.15, 0.05, 0.0])
    hand_made(prior, chances)
    drawn = prior.draw(4000, torch.randn(5, 3), torch.Generator().manual_seed(0))
    assert drawn.shape == (4000, 6)
    found = torch.bincount(drawn.flatten(), minlength=5) / drawn.numel()
    torch.testing.assert_close(found, chances, atol=0.01, rtol=0)
    # Each place is drawn anew: no two agree more often than chance has them agree.
    agree = (drawn[:, 0] == drawn[:, 1]).float().mean()
    assert float(agree) == pytest.approx(float(chances.square().sum()), abs=0.03)


def test_samples_follow_what_was_drawn_before():
    """A prior of two codes, taught that the second repeats the first."""
    torch.manual_seed(0)
    prior = CodePrior(length=2, dim=2, num_codes=2)
    book = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    pairs = torch.tensor([[0, 0], [0, 0], [0, 0], [1, 1]])
    optimizer = torch.optim.Adam(prior.parameters(), 3e-3)
    for _ in range(150):
        loss = prior.nll(pairs, book[pairs]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    # The entropy of 3 : 1 is the least there is.
    assert loss.item() == pytest.approx(0.5623, abs=0.05)
    drawn = prior.draw(2000, book, torch.Generator().manual_seed(0))
    assert (drawn[:, 0] == drawn[:, 1]).float().mean() > 0.97
    assert float((drawn[:, 0] == 0).float().mean()) == pytest.approx(0.75, abs=0.06)


@pytest.mark.parametrize(("temperature", "expected"), [(0.5, 0.36 / 0.52), (2.0, 0.5505), (0.0, 1)])
def test_temperature_sharpens_and_flattens(prior, temperature, expected):
    hand_made(prior, torch.tensor([0.6, 0.4, 0.0, 0.0, 0.0]))
    drawn = prior.draw(1500, torch.randn(5, 3), torch.Generator().manual_seed(3), temperature)
    assert float((drawn == 0).float().mean()) == pytest.approx(expected, abs=0.02)
