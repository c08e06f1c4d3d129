"""The lines of code that a strip shows are those of the project."""

from pathlib import Path

import pytest

from vae.latent.export.source import flow_code, lines_of
from vae.models import FAMILIES, build, configure
from vae.models.losses import gaussian_kl_per_dim

PROJECT = Path(__file__).parents[2]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_box_has_lines_that_stand_in_the_files(family: str) -> None:
    settings = {"hidden": (8,), "image_shape": (1, 8, 8), "latent_dim": 2, "num_classes": 3}
    code = flow_code(build(configure(family, **settings)))
    is_discrete = family == "vq-vae"
    boxes = ["features", "distances", "nearest"] if is_discrete else ["encoder", "code", "decoder"]
    assert {"image", "picture", *boxes} <= code.keys()
    for found in (part for parts in code.values() for part in parts):
        file = (PROJECT / found["path"]).read_text().splitlines()
        first, *rest = found["text"].splitlines()
        assert file[found["line"] - 1].strip() == first.strip()
        assert {line.strip() for line in rest} <= {line.strip() for line in file}
        assert '"""' not in found["text"]


def test_the_lines_of_the_kl() -> None:
    found = lines_of(gaussian_kl_per_dim)
    assert found["path"] == "vae/models/losses.py"
    assert found["text"].splitlines() == [
        "def gaussian_kl_per_dim(mu: Tensor, logvar: Tensor) -> Tensor:",
        "    return -0.5 * (1 + logvar - mu.square() - logvar.exp())",
    ]
