"""What a run is called where a person reads it: its data, its kind and its size."""

from collections import Counter
from collections.abc import Sequence

from vae.config import RunConfig
from vae.data import known_spec
from vae.locale import _, ngettext
from vae.locale.numbers import formatted
from vae.models import check_family
from vae.runs.store import Run

_PLAIN = "vae"


def describe(config: RunConfig) -> str:
    """Say what was trained on what, as "MNIST, 2 dimensions"."""
    model, spec = config.model, known_spec(config.data.dataset)
    family = check_family(model.family)
    parts = [_(spec.title) if spec else config.data.dataset]
    if spec and config.data.classes is not None:
        left = [k for k in range(len(spec.class_names)) if k not in config.data.classes]
        names = [_(spec.class_name(k)) for k in (left if len(left) == 1 else config.data.classes)]
        text = _("without {classes}") if len(left) == 1 else _("only {classes}")
        parts.append(text.format(classes=", ".join(names)))
    if model.family != _PLAIN:
        parts.append(_(family.title))
    if "beta" in family.model.options and model.beta != 1:
        parts.append(f"beta = {formatted(model.beta, 'g')}")
    if model.arch == "conv" and family.model.is_continuous:
        parts.append(_("convolutional"))
    if family.model.is_continuous:
        d = model.latent_dim
        parts.append(ngettext("{n} dimension", "{n} dimensions", d).format(n=d))
    return ", ".join(parts)


def title(run: Run) -> str:
    """Return the title of a run on its own: own ones keep their name in front."""
    words = describe(run.config)
    return words if run.config.shipped else f"{run.name}: {words}"


def titles(runs: Sequence[Run]) -> dict[str, str]:
    """Return the titles of some runs by their names, no two alike."""
    found = {run.name: title(run) for run in runs}
    times = Counter(found.values())
    return {
        name: f"{words} ({name})" if times[words] > 1 else words for name, words in found.items()
    }
