"""Dense layers of a live model that gain or lose neurons, and the optimiser with them.

A network is an ``nn.Sequential``; its hidden layers count from 0 at the input, and the last layer,
its head, keeps its size. Weights that stay are the same to the last bit, on any device.

A layer that changes has new ``nn.Parameter`` objects: an optimiser that is not given does not
follow, so make it afterwards.
"""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from vae.config.growth import KeepRule, Moments, Outgoing
from vae.errors import ConfigError
from vae.locale import _
from vae.models.nets import INITS

Edit = Callable[[Tensor], Tensor]


def dense_layers(net: nn.Sequential) -> list[nn.Linear]:
    """Return the dense layers of a network, its head last."""
    return [part for part in net if isinstance(part, nn.Linear)]


def hidden_sizes(net: nn.Sequential) -> tuple[int, ...]:
    """Return the neurons of each hidden dense layer."""
    return tuple(layer.out_features for layer in dense_layers(net)[:-1])


def _with_next(net: nn.Sequential, index: int) -> tuple[nn.Linear, nn.Linear]:
    layers = [part for part in net if isinstance(part, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)]
    if not 0 <= index < len(layers) - 1:
        raise ConfigError(
            _(
                "there is no hidden layer {index}: choose one of {n_layers}, counted from 0 "
                "(the last layer keeps its size)."
            ).format(index=index, n_layers=len(layers) - 1)
        )
    layer, following = layers[index], layers[index + 1]
    if not isinstance(layer, nn.Linear) or not isinstance(following, nn.Linear):
        raise ConfigError(
            _(
                "layer {index} is a convolution or leads to one: only dense layers change "
                "their size."
            ).format(index=index)
        )
    return layer, following


def _replace(
    layer: nn.Linear, name: str, value: Tensor, optimizer: Optimizer | None, of_moments: Edit
) -> None:
    """Put new weights in the place of old ones, in the layer and in the optimiser."""
    old: nn.Parameter = getattr(layer, name)
    new = nn.Parameter(value.detach(), requires_grad=old.requires_grad)
    setattr(layer, name, new)
    if optimizer is None:
        return
    for group in optimizer.param_groups:
        group["params"] = [new if each is old else each for each in group["params"]]
    state = optimizer.state.pop(old, None)
    if state is not None:
        # The count of steps is one number, whatever the size of the weights.
        optimizer.state[new] = {
            key: of_moments(entry)
            if isinstance(entry, Tensor) and entry.shape == old.shape
            else entry
            for key, entry in state.items()
        }


def _change(
    pair: tuple[nn.Linear, nn.Linear],
    rows: tuple[Tensor, Edit],
    columns: tuple[Tensor, Edit],
    optimizer: Optimizer | None,
    moments: Moments,
) -> None:
    """Put new weights into a layer (its rows) and the next one (its columns).

    Beside the weights stands what makes a tensor of their old size, a bias or Adam's moments, one
    of the new size.
    """
    (layer, following), of_rows = pair, rows[1]
    _replace(layer, "weight", rows[0], optimizer, of_rows)
    if layer.bias is not None:
        _replace(layer, "bias", of_rows(layer.bias), optimizer, of_rows)
    _replace(following, "weight", columns[0], optimizer, columns[1])
    layer.out_features = following.in_features = len(layer.weight)
    if optimizer is not None and moments == "fresh":
        optimizer.state.clear()


def _draw_he(
    rows: int, columns: int, fan_in: int, like: Tensor, generator: Generator | None
) -> Tensor:
    """Draw ``(rows, columns)`` from N(0, 2 / fan_in), on the CPU so that every device has them."""
    std = math.sqrt(INITS["he"] / fan_in)
    return (torch.randn(rows, columns, generator=generator) * std).to(like)


@torch.no_grad()
def expand_layer(
    net: nn.Sequential,
    index: int,
    neurons: int,
    *,
    optimizer: Optimizer | None = None,
    outgoing: Outgoing = "he",
    moments: Moments = "fresh",
    generator: Generator | None = None,
) -> None:
    """Add neurons to a hidden dense layer, after those it has, and join the next layer to them.

    Weights into the new neurons are drawn from N(0, 2 / fan_in), their biases are zero.

    Raises ConfigError if there is no such layer, it is not dense, or ``neurons`` is below 1.

    Parameters
    ----------
    optimizer
        What trains the network, Adam or one like it; it follows the change.
    outgoing
        Weights from the new neurons to the next layer: ``"he"``, drawn from N(0, 2 / fan_in) of the
        grown layer, or ``"zero"``, so that the network computes what it did, within rounding.
    moments
        ``"fresh"``: the optimiser starts over for all its weights. ``"carried"``: old weights keep
        their moments and count of steps, new ones have moments of zero. Adam then corrects the bias
        of moments it believes are old, so the first step of a new weight is about
        ``(1 - beta_1) / sqrt(1 - beta_2)``, or 3.2, times the learning rate.
    generator
        Draws the new weights; the CPU's.

    References
    ----------
    He et al., "Delving Deep into Rectifiers", 2015 (arXiv:1502.01852), equation 10.
    """
    layer, following = _with_next(net, index)
    if neurons < 1:
        raise ConfigError(
            _("a layer cannot grow by {neurons} neurons: give 1 or more.").format(neurons=neurons)
        )

    def more_rows(old: Tensor) -> Tensor:
        return F.pad(old, (0, 0) * (old.dim() - 1) + (0, neurons))

    def more_columns(old: Tensor) -> Tensor:
        return F.pad(old, (0, neurons))

    rows = _draw_he(neurons, layer.in_features, layer.in_features, layer.weight, generator)
    grown = torch.cat([layer.weight, rows])
    joined = more_columns(following.weight)
    if outgoing == "he":
        fan_in = following.in_features + neurons
        drawn = _draw_he(following.out_features, neurons, fan_in, joined, generator)
        joined[:, -neurons:] = drawn
    _change((layer, following), (grown, more_rows), (joined, more_columns), optimizer, moments)


def neurons_to_keep(net: nn.Sequential, index: int, count: int, rule: KeepRule) -> Tensor:
    """Return which neurons of a hidden layer stay: ``(count,)``, rising.

    The first, or those whose weights to the next layer have the largest Euclidean norm (of equal
    ones the first).

    Raises ConfigError if there is no such layer, it is not dense, or has not that many neurons.
    """
    layer, following = _with_next(net, index)
    if not 1 <= count <= layer.out_features:
        raise ConfigError(
            _(
                "layer {index} has {out_features} neurons and cannot keep {count}: keep 1 or "
                "more, and {out_features} at most."
            ).format(index=index, out_features=layer.out_features, count=count)
        )
    if rule == "first":
        return torch.arange(count, device=layer.weight.device)
    norms: Tensor = torch.linalg.vector_norm(following.weight.detach(), dim=0)
    return norms.argsort(descending=True, stable=True)[:count].sort().values


@torch.no_grad()
def shrink_layer(
    net: nn.Sequential,
    index: int,
    keep: int,
    *,
    rule: KeepRule = "first",
    optimizer: Optimizer | None = None,
    moments: Moments = "fresh",
) -> None:
    """Keep some neurons of a hidden dense layer, in their order, and drop the others.

    Raises ConfigError if there is no such layer, it is not dense, or has not that many neurons.

    ``rule`` says which, as in :func:`neurons_to_keep`; the others are as for
    :func:`expand_layer`, but that the moments of what stays, stay with ``"carried"``.
    """
    layer, following = _with_next(net, index)
    kept = neurons_to_keep(net, index, keep, rule)

    def fewer_rows(old: Tensor) -> Tensor:
        return old.index_select(0, kept)

    def fewer_columns(old: Tensor) -> Tensor:
        return old.index_select(1, kept)

    rows = fewer_rows(layer.weight), fewer_rows
    columns = fewer_columns(following.weight), fewer_columns
    _change((layer, following), rows, columns, optimizer, moments)


def take_sizes(net: nn.Sequential, sizes: tuple[int, ...]) -> None:
    """Give hidden dense layers other sizes, their weights without meaning: others come next."""
    layers = dense_layers(net)
    for index, size in enumerate(sizes):
        layer, following = layers[index : index + 2]
        shapes: list[tuple[nn.Linear, str, tuple[int, ...]]] = [
            (layer, "weight", (size, layer.in_features)),
            (layer, "bias", (size,)),
            (following, "weight", (following.out_features, size)),
        ]
        for owner, name, shape in shapes:
            old: nn.Parameter | None = getattr(owner, name)
            if old is not None:
                setattr(owner, name, nn.Parameter(old.detach().new_empty(shape)))
        layer.out_features = following.in_features = size
