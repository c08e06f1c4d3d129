"""The codes of a run's kept epochs, packed for the browser: how the map came about."""

import numpy as np

from vae.latent.export import pack
from vae.storage.files import Arrays


def epochs_key(name: str) -> str:
    """Return what names the codes by epoch of a run in the page."""
    return f"{name}/epochs"


def epochs_payload(name: str, codes: Arrays) -> bytes | None:
    """Pack the codes by epoch of the run ``name``; None where the run has kept none.

    Parameters
    ----------
    codes
        As :meth:`vae.runs.store.Run.codes` returns them: ``epochs (e,)``, ``history (e, m, d)`` and
        ``label (n,)``; the m images are the first of the n.

    Returns
    -------
    payload
        Its header has ``run`` (:func:`epochs_key`), ``epochs`` and ``latent_dim``; its arrays are
        ``history``, float16 ``(e, m, d)``, and ``label``, int32 ``(m,)``.
    """
    history, label = codes.get("history"), codes["label"]
    if history is None or not history.size:
        return None
    history = history[:, : len(label)]
    _, count, d = history.shape
    header = {"run": epochs_key(name), "epochs": codes["epochs"].tolist(), "latent_dim": d}
    return pack(
        header,
        {
            "history": history.astype(np.float16),
            "label": label[:count].astype(np.int32),
        },
    )
