"""A test image and its entries, as the page is sent them."""

import base64
from pathlib import Path

import numpy as np
from family_runs import make_family_run

from vae.analysis.codebook import codebook_image, image_count
from vae.analysis.explore import explorer_payload
from vae.data import load
from vae.latent.export import unpack


def test_an_image_and_its_entries(tmp_path: Path) -> None:
    run = make_family_run("vq-vae", tmp_path)
    data = load("digits")
    found = codebook_image(run, 7, data, "missing")
    assert found["original"] is not None
    pixels = np.frombuffer(base64.b64decode(found["original"]), np.uint8)
    assert (pixels == data.test.images[7].numpy().ravel()).all()
    assert found["entries"] == run.codes()["indices"][7].ravel().tolist()
    assert (found["count"], found["note"]) == (image_count(run), "")
    without = codebook_image(run, 7, None, "missing")
    assert (without["original"], without["note"]) == (None, "missing")
    assert without["entries"] == found["entries"]
    header, arrays = unpack(explorer_payload(run))
    assert header["run"] == run.version
    assert arrays["codebook"].shape == (run.config.model.codebook, run.config.model.latent_dim)
