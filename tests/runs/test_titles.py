"""Titles of runs: plain, and no two alike."""

import pytest

from vae.runs import DEFAULT_ROOT, list_runs, open_run
from vae.runs.titles import describe, title, titles


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mnist-vae-2d", "MNIST, 2 dimensions"),
        ("mnist-conv-vae-2d", "MNIST, convolutional, 2 dimensions"),
        ("mnist-beta4-vae-10d", "MNIST, beta-VAE, beta = 4, 10 dimensions"),
        ("mnist-vqvae", "MNIST, Vector-quantised VAE"),
    ],
)
def test_a_title_says_data_kind_and_size(name, words):
    run = open_run(name, DEFAULT_ROOT)
    assert title(run) == describe(run.config) == words


def test_no_two_titles_are_alike():
    found = list_runs(DEFAULT_ROOT)
    shown = titles([*found, *found[:1]])
    assert len(set(shown.values())) == len(found)
    config = found[0].config.model_copy(update={"shipped": False})
    assert describe(config) in shown[found[0].name]
