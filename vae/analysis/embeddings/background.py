"""t-SNE and UMAP as tasks behind the pages."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae.analysis.embeddings import cache, finished
from vae.analysis.embeddings.methods import spread_evenly
from vae.analysis.embeddings.settings import TITLES, Settings, cache_key, check, engine
from vae.errors import ConfigError
from vae.locale import N_, _
from vae.runs import Run, tasks

_ADVICE = N_(
    "start it again with other settings, or with fewer points if this machine is short of memory."
)


def key_of(run: Run, settings: Settings) -> str:
    """Return the name of a run's embedding, which is that of the task as well."""
    return cache_key(run.version, settings, engine(settings.method))


def find(run: Run, settings: Settings) -> NDArray[np.float32] | None:
    """Return the places ``(points, 2)`` of a run's embedding if it has been computed.

    What lies in the run's own folder comes first, whatever is installed here.
    """
    places = finished.find(run, settings)
    if places is not None:
        return places
    folder = cache.folder(run.directory.parent)
    return cache.read_result(folder, key_of(run, settings), settings.points)


def start(run: Run, settings: Settings, mu: NDArray[np.floating[Any]]) -> None:
    """Ask for the embedding of a run's codes ``(n, d)``; it begins when those before it are done.

    Raises ConfigError if the settings do not fit the codes, or the method is not installed;
    RunError if the folder of the runs cannot be written.
    """
    check(settings, len(mu))
    if engine(settings.method) is None:
        raise ConfigError(
            _("{method} is not installed here.").format(method=TITLES[settings.method])
        )
    root, key = run.directory.parent, key_of(run, settings)
    path = cache.path_of(cache.folder(root.resolve()), key)
    task = tasks.Task(
        kind="embedding",
        subject=str(path),
        inputs={"settings": settings.model_dump(mode="json")},
        advice=_(_ADVICE),
    )
    chosen = np.asarray(mu, dtype=np.float32)[spread_evenly(len(mu), settings.points)]
    tasks.submit(root, key, task, {"mu": chosen})
