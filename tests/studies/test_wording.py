"""How numbers become words: the sign, the spread and what is no difference."""

import pytest
from study_results import made_up

from vae.studies import latent_size
from vae.studies.engine.base import Spread, over
from vae.studies.engine.wording import (
    ONE_SEED,
    against,
    amount,
    difference,
    leader,
    leader_words,
    paragraphs,
    several,
    sign,
)


def test_figures_have_their_spread_unless_it_is_below_the_digits():
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
def test_a_difference_is_within_or_beyond_the_spread(one, other, seeds, words):
    assert against(one, other, "x", seeds=seeds) == words


def test_a_sign_is_one_that_all_seeds_share():
    assert sign(Spread(2, 1, 3)) == 1
    assert sign(Spread(-2, -3, -1)) == -1
    assert sign(Spread(1, -1, 2)) == 0
    assert sign(Spread(0, 0, 0)) == 0


def test_words_are_listed():
    assert several([]) == ""
    assert several(["a"]) == "a"
    assert several(["a", "b", "c"]) == "a, b and c"


# ---- columns of the table ------------------------------------------------------------------------


def result(rows):
    """-ELBO by latent size, one for each seed."""
    (seeds,) = {len(values) for values in rows.values()}
    return made_up(
        latent_size.STUDY,
        lambda arm, seed: {"elbo": -rows[int(arm.values["latent_dim"])][seed]},
        values=tuple(map(float, rows)),
        seeds=seeds,
    )


def test_a_difference_beyond_the_spread_is_lower_or_higher():
    found = result({2: (5.0, 6.0), 3: (1.0, 2.0)})
    two, three = found.arms
    assert difference(found, two, three, "neg_elbo") == "4.00 nats higher than with d = 3"
    assert difference(found, three, two, "neg_elbo") == "4.00 nats lower than with d = 2"


def test_a_difference_within_the_spread_is_called_so():
    found = result({2: (1.0, 3.0), 3: (2.0, 5.0)})
    two, three = found.arms
    words = difference(found, two, three, "neg_elbo")
    assert words == "1.50 nats lower than with d = 3 (within the seeds' spread)"
    assert difference(found, two, two, "neg_elbo") == "the same as with d = 2"


def test_the_leader_has_its_rivals():
    found = result({2: (9.0, 9.5), 3: (1.0, 3.0), 5: (2.0, 4.0)})
    first = leader(found, found.arms, "neg_elbo")
    assert first.arm.label == "d = 3"
    assert [arm.label for arm in first.rivals] == ["d = 5"]
    words = leader_words(found, found.arms, "neg_elbo")
    assert words == "d = 3 (2.00 nats; d = 5 lies within the seeds' spread)"
    assert leader_words(found, found.arms, "neg_elbo", greatest=True) == "d = 2 (9.25 nats)"


def test_one_seed_tells_no_spread_and_says_so():
    found = result({2: (1.0,), 3: (1.0,)})
    assert leader_words(found, found.arms, "neg_elbo") == "d = 2 (1.00 nats, as with d = 3)"
    assert paragraphs(found, ["a", ""]) == f"a\n\n{ONE_SEED}"
    assert paragraphs(result({2: (1.0, 1.0)}), ["a", "b"]) == "a\n\nb"
