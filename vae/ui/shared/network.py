"""A drawing of a network: its layers with their sizes and numbers of weights."""

import math
from typing import NamedTuple

import streamlit as st

from vae.config import ModelConfig
from vae.locale import N_, _
from vae.locale.numbers import count
from vae.models import check_family
from vae.models.architecture import Architecture, Network, Size, architecture
from vae.ui.shared.html import render

_KINDS = {
    "linear": N_("linear"),
    "convolution": N_("convolution"),
    "transposed": N_("transposed convolution"),
    "residual": N_("residual block"),
}
"""The layers that are drawn: those that learn. The rest only bends or reshapes."""


class _Drawn(NamedTuple):
    words: str
    help: str
    share: float
    """Of the longest bar, 0 to 1."""
    weights: str = ""
    is_end: bool = False


def _size(size: Size) -> str:
    return " x ".join(map(str, size))


def _share(size: Size) -> float:
    return round(min(1.0, math.log2(1 + math.prod(size)) / 12), 3)


def _drawn(network: Network, *, is_decoder: bool) -> list[_Drawn]:
    """Return the ends of a network and its learning layers, each named by what comes out of it."""
    shown = [_Drawn(_size(network.input), _("goes in"), _share(network.input), is_end=True)]
    shown += [
        _Drawn(
            _size(layer.size),
            _(_KINDS[layer.kind]),
            _share(layer.size),
            _("{kind}, {n} weights").format(kind=_(_KINDS[layer.kind]), n=count(layer.weights)),
        )
        for layer in network.layers
        if layer.kind in _KINDS
    ]
    return shown[1:] if is_decoder else shown


def _code(config: ModelConfig, drawn: Architecture) -> str:
    family = check_family(config.family).model
    if not family.is_continuous:
        return _("{n} codebook vectors").format(n=config.codebook)
    if family.has_prior:
        return f"mu, sigma → z ({config.latent_dim})"
    return f"z ({config.latent_dim})"


def show_network(config: ModelConfig) -> None:
    """Show what a model's networks are made of."""
    drawn = architecture(config)
    title = _("{n} weights in all").format(n=count(drawn.weights))
    label = _("Encoder of {e} weights, {d} latent dimensions, decoder of {w} weights").format(
        e=count(drawn.encoder.weights), d=config.latent_dim, w=count(drawn.decoder.weights)
    )
    st.html(
        render(
            "network",
            "drawing",
            title,
            _drawn(drawn.encoder, is_decoder=False),
            _code(config, drawn),
            _drawn(drawn.decoder, is_decoder=True),
            label,
        )
    )
