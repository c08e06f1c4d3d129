"""The lines of this project that compute each step from an image to its reconstruction.

They are read from the source files of the running program, so they never differ from what runs.
"""

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypedDict

import vae
from vae.data import pixels
from vae.models import LatentModel, losses
from vae.models.nets import ARCHS, GRID_ARCHS
from vae.models.vq import VQVAE

_ROOT = Path(vae.__file__).parents[1]


class CodeLines(TypedDict):
    """A function as it stands in the source, without its docstring."""

    path: str
    """From the project's folder."""
    line: int
    text: str


@functools.cache
def lines_of(function: Callable[..., Any]) -> CodeLines:
    """Return the lines of a function of this project."""
    lines, first = inspect.getsourcelines(function)
    node = ast.parse(textwrap.dedent("".join(lines))).body[0]
    assert isinstance(node, ast.FunctionDef)
    if ast.get_docstring(node) is not None:
        docstring = node.body[0]
        del lines[docstring.lineno - 1 : docstring.end_lineno]
    path = Path(inspect.getsourcefile(function) or "").relative_to(_ROOT)
    text = textwrap.dedent("".join(lines)).rstrip()
    return {"path": path.as_posix(), "line": first, "text": text}


def _pixel_losses(model: LatentModel) -> list[Callable[..., Any]]:
    if "likelihood" not in model.options:
        is_squared = model.config.reconstruction == "mse"
        return [losses.squared_error if is_squared else losses.bernoulli_nll]
    if model.config.likelihood == "bernoulli":
        return [losses.bernoulli_nll]
    return [losses.gaussian_nll]


def flow_code(model: LatentModel) -> dict[str, list[CodeLines]]:
    """Return the code behind each box of the flow strip, by the names that the strip gives them."""
    kind: Any = type(model)
    makers = (GRID_ARCHS if isinstance(model, VQVAE) else ARCHS)[model.config.arch]
    picture = [kind.generate, kind.recon_loss, *_pixel_losses(model)]
    functions: dict[str, Sequence[Callable[..., Any]]]
    if isinstance(model, VQVAE):
        functions = {
            "image": [pixels],
            "features": [kind.vectors, makers[0]],
            "distances": [kind.nearest],
            "nearest": [kind.indices, kind.nearest],
            "picture": [kind.decode_indices, kind.decode_vectors, makers[1]],
        }
    else:
        functions = {
            "image": [pixels],
            "encoder": [kind.encode, makers[0]],
            "posterior": [losses.gaussian_kl_per_dim],
            "noise": [kind.reparameterize],
            "code": [kind.reparameterize, kind.draw_codes],
            "decoder": [kind.decode, makers[1]],
            "picture": picture,
        }
    return {box: [lines_of(part) for part in parts] for box, parts in functions.items()}
