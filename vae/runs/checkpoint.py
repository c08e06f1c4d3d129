"""A model on disk and back: safetensors and JSON only, atomic, never a pickle."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vae.config import RunConfig
from vae.errors import RunError
from vae.locale import _
from vae.models import LatentModel, build
from vae.runs.files import MODEL_FILE, read_config
from vae.storage.files import Arrays, read_arrays, write_arrays


def to_arrays(tensors: dict[str, Tensor]) -> Arrays:
    """Return tensors as numpy arrays on the host."""
    return {name: tensor.detach().cpu().numpy() for name, tensor in tensors.items()}


def save_model(
    directory: Path, model: LatentModel, config: RunConfig, epoch: int, *, half: bool = False
) -> None:
    """Write the weights; the metadata names family, schema and epoch.

    With ``half`` they are stored as float16, half the size; they are float32 again once loaded.
    """
    arrays = to_arrays(dict(model.state_dict()))
    if half:
        arrays = {name: array.astype(np.float16) for name, array in arrays.items()}
    metadata = {
        "family": config.model.family,
        "schema_version": str(config.schema_version),
        "epoch": str(epoch),
    }
    write_arrays(directory / MODEL_FILE, arrays, metadata)


def load_model(directory: Path, device: torch.device | str = "cpu") -> LatentModel:
    """Read a run's model, ready to evaluate.

    Raises RunError if the weights are missing, damaged, or do not fit the config; ConfigError if
    the config cannot be read.
    """
    config = read_config(directory)
    path = directory / MODEL_FILE
    if not path.exists():
        raise RunError(
            _(
                "run {config} has no weights yet: let it finish an epoch first (`python "
                "-m vae resume {config}`)."
            ).format(config=config.name)
        )
    arrays, metadata = read_arrays(path)
    if metadata.get("family") != config.model.family:
        raise RunError(
            _(
                "{path} holds a {metadata!r}, but the config says {family!r}: the two "
                "files do not belong together."
            ).format(path=path, metadata=metadata.get("family"), family=config.model.family)
        )
    # Weights are about to be replaced: drawing them first would only cost time.
    with torch.device("meta"):
        model = build(config.model)
    model.prepare_load({name: array.shape for name, array in arrays.items()})
    try:
        model.load_state_dict(
            {name: torch.from_numpy(array).float() for name, array in arrays.items()},
            strict=True,
            assign=True,
        )
    except (RuntimeError, TypeError):
        raise RunError(
            _(
                "the weights in {path} do not fit the config beside them: the two files "
                "do not belong together."
            ).format(path=path)
        ) from None
    return model.requires_grad_(False).to(device).eval()
