"""What the page is told of a picked image and of a group."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vae.analysis.embeddings import terms
from vae.analysis.explore import run_codes, selected_answer
from vae.models.losses import bernoulli_nll
from vae.runs.checkpoint import load_model


@pytest.fixture
def codes(trained):
    return run_codes(trained)


def test_terms_of_each_image(trained, tiny, codes):
    model = load_model(trained.directory)
    mu = codes[0].mu
    losses = terms.code_terms(model, tiny, len(mu)).recon_loss
    assert losses.shape == (len(tiny.test),)
    with torch.inference_mode():
        expected = bernoulli_nll(model.decode(mu[7][None])[0], tiny.test.images[7] / 255)
    assert losses[7] == pytest.approx(float(expected), rel=1e-5)
    told = selected_answer(model, codes[0], 7, tiny, "")
    assert losses[7] == pytest.approx(told["recon_loss"], rel=1e-5)
    assert len(terms.code_terms(model, tiny, 5).recon_loss) == 5
    # Codes without an image have no cost.
    more = terms.code_terms(model, tiny, len(tiny.test) + 2).recon_loss
    assert np.isnan(more).tolist() == [False] * len(tiny.test) + [True] * 2


def test_answer_about_a_group(trained, tiny, codes):
    import base64

    model = load_model(trained.directory)
    chosen = np.zeros(len(codes[1]), dtype=np.bool_)
    chosen[[0, 1, 3]] = True  # classes 0, 1, 0
    told = terms.group_answer(model, *codes, chosen, tiny)
    assert (told["count"], told["labels"], told["counts"]) == (3, [0, 1], [2, 1])
    mean = np.frombuffer(base64.b64decode(told["mean"]), np.uint8)
    exact = tiny.test.images[[0, 1, 3]].float().mean(0).flatten().numpy()
    np.testing.assert_allclose(mean, exact, atol=0.51)
    decoded = np.frombuffer(base64.b64decode(told["decoded"]), np.uint8)
    with torch.inference_mode():
        image = model.generate(codes[0].mu[[0, 1, 3]].mean(0)[None])[0]
    np.testing.assert_allclose(decoded, 255 * image.flatten().numpy(), atol=0.51)
    without = terms.group_answer(model, *codes, chosen, None)
    assert without["mean"] is None
    assert without["decoded"] == told["decoded"]


@given(st.lists(st.booleans(), min_size=1, max_size=70))
def test_mask_there_and_back(bits):
    chosen = np.array(bits)
    found = terms.read_mask(terms.write_mask(chosen), len(bits))
    if any(bits):
        np.testing.assert_array_equal(found, chosen)
    else:
        assert found is None


@pytest.mark.parametrize("text", ["", "nonsense!", "AAAA", "é"])
def test_mask_that_does_not_fit_is_none(text):
    assert terms.read_mask(text, 100) is None
