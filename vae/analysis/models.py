"""What there is to say of a run in one line: of all runs a table, of one its first figures."""

from typing import Any, NamedTuple

from vae.locale import N_, _
from vae.measures.report import read
from vae.models import check_family
from vae.runs import Run
from vae.runs.titles import title
from vae.storage.folders import size_of

KNN_MEANS = N_("Share of test images whose 10 nearest training codes vote for their class.")


class Headline(NamedTuple):
    """The figures by which runs are told apart; None where one was not measured or does not apply.

    THE place to take them from: the evaluation of the whole test set, or else what the last epoch
    of the training reported on its part of it.
    """

    neg_elbo: float | None = None
    """Nats per image."""
    recon_loss: float | None = None
    mse: float | None = None
    """Squared error per pixel."""
    knn: float | None = None
    """:data:`KNN_MEANS`."""
    is_evaluated: bool = False


class Row(NamedTuple):
    """A run in the table of all runs."""

    name: str
    title: str
    is_own: bool
    state: str
    dataset: str
    family: str
    latent_dim: int
    figures: Headline
    epochs: int
    seconds: float
    size: int
    """Bytes on disk."""


def figures_of(run: Run) -> dict[str, Any] | None:
    """Return what was measured of a run last, on the whole test set; None where nothing was.

    THE place to take figures from: what ``evaluate --full`` measures, or else ``evaluate``.
    """
    return read(run) or run.evaluation()


def headline(run: Run) -> Headline:
    """Return the first figures of a run."""
    found = figures_of(run)
    if found:
        elbo = found.get("elbo")
        return Headline(
            None if elbo is None else -elbo,
            found.get("recon_loss"),
            found.get("mse"),
            found.get("knn_accuracy"),
            is_evaluated=True,
        )
    epochs = run.epochs()
    if not epochs:
        return Headline()
    last = epochs[-1]["test"]
    kl = last.get("kl")
    return Headline(None if kl is None else last["recon_loss"] + kl, last["recon_loss"])


def row(run: Run, state: str) -> Row:
    """Return a run's line of the table; ``state`` is what its status says."""
    config = run.config
    epochs = run.epochs()
    return Row(
        run.name,
        title(run),
        not config.shipped,
        state,
        config.data.dataset,
        _(check_family(config.model.family).title),
        config.model.latent_dim,
        headline(run),
        len(epochs),
        float(epochs[-1]["seconds"]) if epochs else 0.0,
        size_of(run.directory),
    )
