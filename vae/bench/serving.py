"""Benches of what pages wait for: decoding, evaluating, importing."""

import ast
import os
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any, get_args

import torch

from vae.bench.training import PROJECT, Echo, image_folder
from vae.config import Arch, ModelConfig
from vae.data import load
from vae.locale import _
from vae.locale.numbers import formatted
from vae.models import build
from vae.training.metrics import encode_all
from vae.training.metrics import evaluate as measure

GRID = 20


def median_ms(action: Callable[[], object], seconds: float) -> float:
    """Repeat for about ``seconds`` after a warm-up; return the median in milliseconds."""
    action()
    times: list[float] = []
    stop = time.perf_counter() + seconds
    while not times or time.perf_counter() < stop:
        began = time.perf_counter()
        action()
        times.append(1000 * (time.perf_counter() - began))
    return median(times)


def decode(echo: Echo, *, seconds: float = 1.0) -> dict[str, Any]:
    """Time torch's decode of one image and of a 20 x 20 grid, d = 2, on the CPU.

    Returns for each architecture ``one_ms`` and ``grid_ms``: medians, from z to means in [0, 1].
    """
    found: dict[str, Any] = {}
    for arch in get_args(Arch):
        model = build(ModelConfig(arch=arch, latent_dim=2)).eval()
        one, grid = torch.randn(1, 2), torch.randn(GRID * GRID, 2)
        with torch.inference_mode():
            found[arch] = {
                "one_ms": median_ms(lambda: model.generate(one), seconds),  # noqa: B023
                "grid_ms": median_ms(lambda: model.generate(grid), seconds),  # noqa: B023
            }
        echo(
            _("  {arch:<4} one image {one_ms} ms, {grid} x {grid} grid {grid_ms} ms").format(
                arch=arch,
                one_ms=formatted(found[arch]["one_ms"], ".3f"),
                grid=GRID,
                grid_ms=formatted(found[arch]["grid_ms"], ".2f"),
            )
        )
    return found


def evaluate(echo: Echo, *, dataset: str = "mnist") -> dict[str, Any]:
    """Time ``vae.training.metrics.evaluate`` on the test split, d = 2 and 20, untrained weights.

    Returns for each latent size the ``seconds``, and ``encode_ms`` for encoding the test images
    once.
    """
    found: dict[str, Any] = {}
    with image_folder(dataset, echo) as (folder, stand_in):
        data = load(dataset, folder)
    for d in (2, 20):
        model = build(ModelConfig(latent_dim=d, image_shape=data.shape)).eval()
        encode_ms = median_ms(lambda: encode_all(model, data.test), 0.5)  # noqa: B023
        began = time.perf_counter()
        measure(model, data)
        seconds = time.perf_counter() - began
        found[f"d{d}"] = {"seconds": seconds, "encode_ms": encode_ms}
        echo(
            _("  d = {d:<3} evaluate {seconds} s; encoding {n_test} images {encode_ms} ms").format(
                d=d,
                seconds=formatted(seconds, ".2f"),
                n_test=formatted(len(data.test), ","),
                encode_ms=formatted(encode_ms, ".0f"),
            )
        )
    return found | {"dataset": dataset, "random_pictures": stand_in}


_TIMED = """\
import time
began = time.perf_counter()
{imports}
print(time.perf_counter() - began)
"""


def explore_imports() -> str:
    """Return the import statements of the app's entry point and the Explore page as a script."""
    files = [PROJECT / "streamlit_app.py", *sorted((PROJECT / "pages").glob("*xplore.py"))]
    lines = []
    for path in files:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            is_import = isinstance(node, ast.Import) or (
                isinstance(node, ast.ImportFrom) and node.module != "__future__"
            )
            if is_import:
                lines.append(ast.unparse(node))
    return "\n".join(dict.fromkeys(lines))


def import_time(echo: Echo, *, repeats: int = 3) -> dict[str, Any]:
    """Time the imports of the Explore page, and of torch alone, in fresh processes.

    Returns medians in seconds: ``explore_s`` and ``torch_s``.
    """
    found: dict[str, Any] = {}
    for name, imports in (("explore", explore_imports()), ("torch", "import torch")):
        times = []
        for _round in range(repeats):
            done = subprocess.run(
                [sys.executable, "-c", _TIMED.format(imports=imports)],
                cwd=PROJECT,
                env=os.environ | {"PYTHONPATH": str(PROJECT)},
                capture_output=True,
                text=True,
                check=True,
            )
            times.append(float(done.stdout.splitlines()[-1]))
        found[f"{name}_s"] = median(times)
    echo(
        _(
            "  the Explore page's modules {explore_s} s, torch alone {torch_s} s, "
            "each in a fresh process"
        ).format(
            explore_s=formatted(found["explore_s"], ".2f"),
            torch_s=formatted(found["torch_s"], ".2f"),
        )
    )
    return found
