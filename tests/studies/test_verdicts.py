"""Comparisons in findings follow from medians and from the seeds' spread."""

from study_results import made_up

from vae.figures.style import one_two_five
from vae.studies import latent_size
from vae.studies.engine.base import Result
from vae.studies.engine.wording import ONE_SEED, difference, leader, leader_words, paragraphs


def result(rows: dict[int, tuple[float, ...]]) -> Result:
    """-ELBO by latent size, one for each seed."""
    (seeds,) = {len(values) for values in rows.values()}
    return made_up(
        latent_size.STUDY,
        lambda arm, seed: {"elbo": -rows[int(arm.values["latent_dim"])][seed]},
        values=tuple(map(float, rows)),
        seeds=seeds,
    )


def test_a_difference_beyond_the_spread_is_lower_or_higher() -> None:
    found = result({2: (5.0, 6.0), 3: (1.0, 2.0)})
    two, three = found.arms
    assert difference(found, two, three, "neg_elbo") == "4.00 nats higher than with d = 3"
    assert difference(found, three, two, "neg_elbo") == "4.00 nats lower than with d = 2"


def test_a_difference_within_the_spread_is_called_so() -> None:
    found = result({2: (1.0, 3.0), 3: (2.0, 5.0)})
    two, three = found.arms
    words = difference(found, two, three, "neg_elbo")
    assert words == "1.50 nats lower than with d = 3 (within the seeds' spread)"
    assert difference(found, two, two, "neg_elbo") == "the same as with d = 2"


def test_the_leader_has_its_rivals() -> None:
    found = result({2: (9.0, 9.5), 3: (1.0, 3.0), 5: (2.0, 4.0)})
    first = leader(found, found.arms, "neg_elbo")
    assert first.arm.label == "d = 3"
    assert [arm.label for arm in first.rivals] == ["d = 5"]
    words = leader_words(found, found.arms, "neg_elbo")
    assert words == "d = 3 (2.00 nats; d = 5 lies within the seeds' spread)"
    assert leader_words(found, found.arms, "neg_elbo", greatest=True) == "d = 2 (9.25 nats)"


def test_one_seed_tells_no_spread_and_says_so() -> None:
    found = result({2: (1.0,), 3: (1.0,)})
    assert leader_words(found, found.arms, "neg_elbo") == "d = 2 (1.00 nats, as with d = 3)"
    assert paragraphs(found, ["a", ""]) == f"a\n\n{ONE_SEED}"
    assert paragraphs(result({2: (1.0, 1.0)}), ["a", "b"]) == "a\n\nb"


def test_ticks_of_a_logarithmic_axis() -> None:
    assert one_two_five(0.3, 20) == [0.5, 1, 2, 5, 10, 20]
    assert one_two_five(3, 4) == []
