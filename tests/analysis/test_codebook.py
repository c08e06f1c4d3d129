"""A test image and its entries, as the page is sent them."""

import base64
from pathlib import Path

import numpy as np
import pytest
from family_runs import make_family_run

from vae.analysis.codebook import codebook_image
from vae.analysis.explore import TestCodes, explorer_payload
from vae.data import load
from vae.errors import RunError
from vae.latent.export import unpack
from vae.runs.files import CODES_FILE
from vae.storage.files import write_arrays


def test_an_image_and_its_entries(tmp_path: Path) -> None:
    run = make_family_run("vq-vae", tmp_path)
    data, codes = load("digits"), TestCodes(run)
    found = codebook_image(codes, 7, data, "missing")
    assert found["original"] is not None
    pixels = np.frombuffer(base64.b64decode(found["original"]), np.uint8)
    assert (pixels == data.test.images[7].numpy().ravel()).all()
    assert found["entries"] == run.codes()["indices"][7].ravel().tolist()
    assert (found["count"], found["note"]) == (len(run.codes()["indices"]), "")
    without = codebook_image(codes, 7, None, "missing")
    assert (without["original"], without["note"]) == (None, "missing")
    assert without["entries"] == found["entries"]
    header, arrays = unpack(explorer_payload(run))
    assert header["run"] == run.version
    assert arrays["codebook"].shape == (run.config.model.codebook, run.config.model.latent_dim)


def test_a_training_has_no_entries_yet(tmp_path: Path) -> None:
    run = make_family_run("vq-vae", tmp_path)
    arrays = run.codes()
    del arrays["indices"]
    write_arrays(run.directory / CODES_FILE, arrays)
    codes, data = TestCodes(run), load("digits")
    found = codebook_image(codes, 3, data, "missing")
    assert found["original"] is not None
    assert (found["entries"], found["count"]) == ([], len(arrays["mu"]))
    with pytest.raises(RunError, match="when the training ends"):
        codebook_image(codes, 3, None, "missing")
