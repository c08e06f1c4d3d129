"""What a run was asked to do, in one line."""

from vae.config import RunConfig
from vae.data import known_spec
from vae.locale import _
from vae.locale.numbers import formatted
from vae.models import check_family


def settings_words(config: RunConfig) -> str:
    """Say in one line what a run was asked to do; of options, those that its family reads."""
    spec = known_spec(config.data.dataset)
    data, model, train = config.data, config.model, config.train
    family = check_family(model.family)
    parts = [_(family.title), _(spec.title) if spec else data.dataset]
    if data.classes is not None:
        kept = [spec.class_name(k) if spec else str(k) for k in data.classes]
        parts.append(_("only {classes}").format(classes=", ".join(kept)))
    if data.binarise != "none":
        parts.append(_("pixels black or white ({how})").format(how=data.binarise))
    parts += [f"{model.arch} {','.join(map(str, model.hidden))}", f"d = {model.latent_dim}"]
    for name in family.model.options:
        value = getattr(model, name)
        if name == "beta" or value != type(model).model_fields[name].default:
            shown = formatted(value, "g") if isinstance(value, float) else str(value)
            parts.append(f"{name.replace('_', ' ')} = {shown}")
    if family.model.takes_samples:
        parts.append(f"L = {train.samples}")
    parts += [
        _("batch {n}").format(n=train.batch_size),
        _("learning rate {lr}").format(lr=formatted(train.lr, "g")),
        _("seed {n}").format(n=train.seed),
    ]
    return " · ".join(parts)
