"""The codes by epoch that the browser is sent."""

import numpy as np

from vae.latent.epochs import epochs_key, epochs_payload
from vae.latent.export import unpack

LABEL = np.array([3, 1, -1, 0], dtype=np.int16)


def test_the_history_comes_back_bit_for_bit_with_its_labels() -> None:
    history = np.random.default_rng(0).normal(size=(5, 3, 2)).astype(np.float16)
    codes = {"history": history, "epochs": np.array([1, 2, 3, 5, 9]), "label": LABEL}
    payload = epochs_payload("one", codes)
    assert payload is not None
    header, arrays = unpack(payload)
    assert header == {"run": epochs_key("one"), "epochs": [1, 2, 3, 5, 9], "latent_dim": 2}
    np.testing.assert_array_equal(arrays["history"], history)
    np.testing.assert_array_equal(arrays["label"], LABEL[:3])


def test_no_more_points_than_labels() -> None:
    codes = {"history": np.zeros((2, 6, 1)), "epochs": np.arange(2), "label": LABEL}
    payload = epochs_payload("one", codes)
    assert payload is not None
    assert unpack(payload)[1]["history"].shape == (2, 4, 1)


def test_a_run_without_epochs_has_none() -> None:
    assert epochs_payload("one", {"label": LABEL}) is None
    empty = {"history": np.zeros((0, 3, 2)), "epochs": np.zeros(0, dtype=int), "label": LABEL}
    assert epochs_payload("one", empty) is None
