"""Figures that are kept: the same for the same arguments, another for any other, one a language."""

from collections.abc import Iterator

import numpy as np
import plotly.graph_objects as go
import pytest

from vae.figures.kept import kept
from vae.locale import speak


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    yield
    speak("en")


def test_the_same_arguments_give_the_same_figure_and_others_another():
    drawn = []

    @kept
    def make(values, names=(), *, unit=""):
        drawn.append(1)
        return go.Figure(go.Bar(y=values))

    ones = np.ones(3)
    first = make(ones, ("a", "b"), unit="nats")
    assert make(ones.copy(), ("a", "b"), unit="nats") is first
    others = [
        make(2 * ones, ("a", "b"), unit="nats"),
        make(ones.astype(np.float32), ("a", "b"), unit="nats"),
        make(ones.reshape(3, 1), ("a", "b"), unit="nats"),
        make(ones, ("ab",), unit="nats"),
        make(ones, ["a", "b"], unit="nats"),
        make(ones, ("a", "b"), unit="bits"),
        make(ones, ("a", 1)),
        make(ones, ("a", True)),
        make(ones, ("a", "1")),
    ]
    assert len({id(figure) for figure in [first, *others]}) == 10 == len(drawn)


def test_what_cannot_be_told_apart_is_drawn_each_time():
    drawn = []

    @kept
    def make(value):
        drawn.append(value)
        return go.Figure()

    make(object()), make(np.array([object()]))
    make(lambda: None)
    assert len(drawn) == 3


def test_each_language_has_its_own_signs():
    @kept
    def make(value):
        return go.Figure(go.Bar(y=[value]))

    english = make(1.5)
    speak("fr")
    french = make(1.5)
    assert french.layout.separators[0] == ","
    assert english.layout.separators is None
    assert make(1.5) is french
