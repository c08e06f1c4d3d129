"""How numbers become words: the sign, the spread and what is no difference."""

import pytest

from vae.studies.engine.base import Spread, over
from vae.studies.engine.wording import against, amount, several, sign


def test_figures_have_their_spread_unless_it_is_below_the_digits() -> None:
    assert amount(over([1.0, 3.0, 2.0])) == "2.00 (1.00 to 3.00)"
    assert amount(over([1.001, 1.002])) == "1.00"
    assert amount(over([-0.001, 0.001]), signed=True) == "+0.00"
    assert amount(over([1234.5]), 1) == "1,234.5"


@pytest.mark.parametrize(
    ("one", "other", "seeds", "words"),
    [
        (Spread(5, 4, 6), Spread(2, 1, 3), 3, "3.00 nats more than x (beyond the seeds' spread)"),
        (Spread(2, 1, 3), Spread(5, 4, 6), 3, "3.00 nats less than x (beyond the seeds' spread)"),
        (Spread(2, 1, 4), Spread(5, 4, 6), 3, "3.00 nats less than x (within the seeds' spread)"),
        (Spread(2, 2, 2), Spread(5, 5, 5), 1, "3.00 nats less than x"),
        (Spread(2, 1, 3), Spread(2.001, 1, 3), 3, "as much as x"),
    ],
)
def test_a_difference_is_within_or_beyond_the_spread(
    one: Spread, other: Spread, seeds: int, words: str
) -> None:
    assert against(one, other, "x", seeds=seeds) == words


def test_a_sign_is_one_that_all_seeds_share() -> None:
    assert sign(Spread(2, 1, 3)) == 1
    assert sign(Spread(-2, -3, -1)) == -1
    assert sign(Spread(1, -1, 2)) == 0
    assert sign(Spread(0, 0, 0)) == 0


def test_words_are_listed() -> None:
    assert several([]) == ""
    assert several(["a"]) == "a"
    assert several(["a", "b", "c"]) == "a, b and c"
