"""The effect of each neuron: -ELBO without it, as bars, and the pictures that suffer most."""

import numpy as np
import streamlit as st
from torch import Tensor

from vae.analysis.generate import Levels
from vae.analysis.grow import ages, why_not
from vae.data import Split
from vae.figures import grow as figures_growth
from vae.locale import _, ngettext, numbers
from vae.measures.ablation import Ablation
from vae.models import LatentModel
from vae.models.surgery import hidden_sizes
from vae.models.vae import VAE
from vae.runs import Run
from vae.runs.threads import Progress, Threads
from vae.storage.pictures import sheet, to_uint8
from vae.ui.grow.ablate import IMAGES, measure, with_and_without
from vae.ui.shared import loaders, obtain
from vae.ui.shared.errors import errors_shown, show_error
from vae.ui.shared.originals import are_here, class_name, version_with_data
from vae.ui.shared.run.state import LIVE
from vae.ui.shared.show import show_figure, show_note
from vae.ui.shared.take_away import takeable
from vae.ui.shared.tiles import Tile, strip
from vae.ui.shared.work import follow_work

_SIDE = 72


@st.cache_resource(show_spinner=False)
def ablations() -> Threads[Ablation]:
    """Return those of this server: sessions see each other's work."""
    return Threads("ablate")


@errors_shown()
def panel(run: Run) -> None:
    """Show what each neuron of a run's encoder is worth, or why that cannot be measured."""
    st.subheader(_("The effect of each neuron"), anchor="neurons")
    name = run.config.data.dataset
    if not run.has_model or run.status().state in LIVE:
        st.caption(
            _("{name} is still training: its neurons can be measured when it is done.").format(
                name=run.name
            )
        )
        return
    reason = why_not(run)
    if reason:
        show_note(reason)
        return
    model = loaders.model(run, run.version)
    assert isinstance(model, VAE)
    sizes = hidden_sizes(model.encoder)
    if not are_here(name):
        st.write(_("The images to measure the neurons on are not here."))
        obtain.offer(name)
        return
    layer = _layer(run, sizes)
    key = _key(run, layer)
    follow_work(
        lambda: ablations().look(key),
        _doing,
        lambda: ablations().stop(key),
        lambda progress: _measured(run, layer, progress),
        key=f"grow-stop-{run.name}",
    )


def _key(run: Run, layer: int) -> tuple[str, int]:
    return version_with_data(run), layer


def _images(run: Run) -> Split:
    return loaders.data_of(run).test[:IMAGES]


def _layer(run: Run, sizes: tuple[int, ...]) -> int:
    if len(sizes) == 1:
        return 0
    layer: int = st.segmented_control(
        _("Layer"),
        range(len(sizes)),
        format_func=lambda place: _("{place}: {sizes} neurons").format(
            place=place + 1, sizes=sizes[place]
        ),
        default=0,
        required=True,
        key=f"grow-layer-{run.name}",
        help=_("Hidden layers of the encoder, from the image inwards."),
    )
    return layer


def _doing(progress: Progress) -> str:
    waits = progress.state == "queued"
    if waits:
        return _("Waits for other runs to be measured …")
    return _("Setting neuron after neuron to zero …")


def _measured(run: Run, layer: int, progress: Progress) -> None:
    if progress.state == "done":
        _results(run, layer, progress.result)
        return
    if progress.state == "failed":
        show_error(
            _("{name} was not measured: {error}").format(name=run.name, error=progress.error)
        )
    st.write(
        _(
            "Each neuron is set to zero in turn, and −ELBO is measured again on {n} test images "
            "with the same noise: what it rises by is the effect of the neuron."
        ).format(n=numbers.count(len(_images(run))))
    )
    if st.button(
        _("Measure"), icon=":material/straighten:", key=f"grow-measure-{run.name}", type="primary"
    ):
        # Loaded here, with its cache: the thread belongs to no session.
        model, images = loaders.model(run, run.version), _images(run)
        ablations().submit(_key(run, layer), lambda report: measure(model, layer, images, report))
        st.rerun()


def _results(run: Run, layer: int, found: Ablation) -> None:
    change, error, active = (values.numpy() for values in (found.change, found.error, found.active))
    born = _born(run, layer, len(change))
    st.markdown(_words(found))
    ranked = np.argsort(-change, kind="stable").tolist()
    orders = {"effect": _("by effect"), "age": _("by number") if born is None else _("by age")}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order: str = st.segmented_control(
            _("Order"),
            list(orders),
            format_func=lambda name: orders[name],
            default="effect",
            required=True,
            key=f"grow-order-{run.name}",
        )
        neuron: int = st.selectbox(
            _("Neuron"),
            ranked,
            format_func=lambda one: (
                _("neuron {neuron}: {change:+.3f} nats")
                .format(neuron=one, change=change[one])
                .replace("-", "−")
            ),
            key=f"grow-neuron-{run.name}-{layer}",
            help=_("The most useful first. Neurons are counted from 0, the oldest first."),
            width=340,
        )
    figure = figures_growth.effect_bars(
        change, error, active, born, by_effect=order == "effect", chosen=neuron
    )
    show_figure(
        figure,
        key=f"grow-bars-{run.name}-{layer}",
        alt=_(
            "Change of -ELBO without each of the {n} neurons of hidden layer {layer}; "
            "the greatest is {max:.2f} nats"
        ).format(n=len(change), layer=layer + 1, max=change.max()),
    )
    _suffering(run, layer, neuron, found)


def _born(run: Run, layer: int, neurons: int) -> list[int] | None:
    """Return the first epoch of each neuron; None where it is not known, or always the same."""
    config = run.config.model
    if config.growth is None:
        return None
    born = ages(config.growth, config.growth.changes(config.hidden), layer, run.status().epoch)
    # Weights of another epoch than the status says, after a kill.
    return None if born is None or len(born) != neurons else born.tolist()


def _words(found: Ablation) -> str:
    """Say in a sentence or two how the work is spread over the neurons."""
    change, error = found.change, found.error
    count, silent = len(change), int((found.active == 0).sum())
    spare = int((change <= error).sum()) - silent
    gains = change.clamp(min=0).sort(descending=True).values
    top = int((gains.cumsum(0) < gains.sum() / 2).sum()) + 1
    text = [_("−ELBO of the whole model: {value:.2f} nats.").format(value=found.baseline)]
    if float(change.max()) <= 0:
        text.append(_("No neuron is missed: −ELBO does not rise without any one of them."))
        return " ".join(text)
    text.append(
        ngettext(
            "{n} of the {count} neurons has half of the effect of all in sum.",
            "{n} of the {count} neurons have half of the effect of all in sum.",
            top,
        ).format(n=top, count=count)
    )
    if silent:
        text.append(
            ngettext(
                "{n} is never on for these images, so nothing changes without it.",
                "{n} are never on for these images, so nothing changes without them.",
                silent,
            ).format(n=silent)
        )
    if spare > 0:
        words = (
            _("Without {n} others the change is no more than its standard error.")
            if silent
            else _("Without {n} of them the change is no more than its standard error.")
        )
        text.append(words.format(n=spare))
    return " ".join(text)


def _suffering(run: Run, layer: int, neuron: int, found: Ablation) -> None:
    """Show the images that become worst without a neuron: original, with it, without it."""
    changes = found.worst_change[neuron]
    chosen = found.worst[neuron][changes > 0]
    st.markdown(_("**What suffers most without neuron {neuron}**").format(neuron=neuron))
    if not len(chosen):
        st.write(_("No image becomes worse without this neuron."))
        return
    images = _images(run)[chosen]
    rows = _rows(loaders.model(run, run.version), layer, neuron, images)
    st.caption(
        _(
            "From top to bottom: the image, its reconstruction at mu with all neurons, "
            "and without this one; below, by how many nats −ELBO rises: the KL counts "
            "too, and the noise of z."
        )
    )
    tiles = []
    for place, label in enumerate(images.labels.tolist()):
        name = class_name(run, label)
        rise = "+" + numbers.formatted(float(changes[place]), ".2f")
        tiles.append(
            Tile(
                sheet(rows[:, place], 1, gap=1),
                _("{name}: original, with and without neuron {neuron}, −ELBO {rise} nats").format(
                    name=name, neuron=neuron, rise=rise
                ),
                f"{name} · {rise}",
            )
        )
    with takeable(f"neuron-{neuron}"):
        st.html(strip(tiles, _SIDE))


def _rows(model: LatentModel, layer: int, neuron: int, images: Split) -> Levels:
    whole, without = with_and_without(model, layer, neuron, images)
    original: Tensor = images.images.float() / 255
    return np.stack([to_uint8(original), to_uint8(whole), to_uint8(without)])
