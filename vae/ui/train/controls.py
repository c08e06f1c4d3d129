"""The Train page's controls: presets, settings within their bounds, and Start."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from vae import runs
from vae.config import (
    DEFAULT_HIDDEN,
    ModelConfig,
    RunConfig,
    TrainConfig,
    help_text,
    parse_hidden,
)
from vae.data import DATASETS, spec_of
from vae.errors import UserError
from vae.locale import N_, _
from vae.models import FAMILIES
from vae.people import acting
from vae.people.classroom import classroom
from vae.runs import Run, queue
from vae.runs.devices import pick_device
from vae.training.plan import plan
from vae.ui.shared import loaders, obtain
from vae.ui.shared.errors import errors_shown, quoted, sentence
from vae.ui.shared.fields import whole_field
from vae.ui.shared.growth_options import read_growth
from vae.ui.shared.network import show_network
from vae.ui.shared.originals import are_here, title_of
from vae.ui.shared.show import show_warning
from vae.ui.shared.train_proposal import take_proposal
from vae.ui.train.data import FALLBACK, data_controls, data_state, pixel_control, preview
from vae.ui.train.options import (
    choice,
    family_options,
    family_state,
    held,
    hidden_text,
    hold,
    key,
    train_options,
    whole,
)

LATENT_PRESETS = (2, 8, 20, 32)
LATENT_STEPS = (
    *range(1, 17),
    *(20, 24, 32, 40, 50, 64, 80, 100, 128, 160, 200, 256, 320, 400, 512, 640, 800, 1024),
)
_KEPT = "train-settings"

_QUICK = {"epochs": 40, "batch_size": 64, "lr": 2e-3}


class Preset(NamedTuple):
    """What a preset sets; the rest is the family's and the data set's own."""

    title: str
    settings: dict[str, Any]


PRESETS: dict[str, Preset] = {
    "digits": Preset(N_("Quick digits"), _QUICK),
    "mnist": Preset(N_("MNIST map"), {"dataset": "mnist"}),
    "mnist-20": Preset(N_("MNIST, 20 dimensions"), {"dataset": "mnist", "latent_dim": 20}),
    # Linear, ReLU, linear on both sides, Bernoulli pixels: of MNIST, or of digits without it.
    "sheet": Preset(N_("Laboratory sheet"), {"hidden": "400", "likelihood": "bernoulli"}),
    "ae": Preset(N_("Autoencoder"), {"family": "ae", **_QUICK}),
    "cvae": Preset(N_("Conditional"), {"family": "cvae", "dataset": "mnist"}),
    "denoising": Preset(
        N_("Denoising"),
        {"family": "denoising-ae", "dataset": "mnist", "latent_dim": 32, "epochs": 10},
    ),
    "vq": Preset(N_("VQ-VAE"), {"family": "vq-vae", "dataset": "mnist", "epochs": 10}),
    # Dense layers find the colour in a few epochs; strided convolutions stay grey far longer.
    "shapes": Preset(
        N_("Shapes"),
        {
            **{"dataset": "shapes", "hidden": "256,256", "latent_dim": 8},
            **{"batch_size": 32, "lr": 2e-3},
        },
    ),
}


@dataclass(frozen=True)
class Settings:
    """What the controls hold, as typed: fields of the parts of a run's config."""

    family: str
    data: Mapping[str, Any]
    model: Mapping[str, Any]
    train: Mapping[str, Any]
    name: str = ""

    @property
    def dataset(self) -> str:
        return str(self.data["dataset"])

    def config(self) -> RunConfig:
        """Return the run that these settings describe.

        Raises
        ------
        UserError
            If one of them is wrong, or the device is not there.
        """
        model = {**self.model, "hidden": parse_hidden(self.model["hidden"])}
        if "growth" in model:
            model["growth"] = read_growth(model["growth"])
        config = plan(
            self.family,
            name=self.name.strip() or None,
            data=self.data,
            model=model,
            train=self.train,
        )
        pick_device(config.train.device)
        return config


def preset_state(name: str) -> dict[str, Any]:
    """Return what all widgets hold when a preset is chosen."""
    asked = dict(PRESETS[name].settings)
    if name == "sheet":
        asked |= {"dataset": "mnist"} if are_here("mnist") else {"dataset": FALLBACK, **_QUICK}
    common = {field: TrainConfig.model_fields[field].default for field in ("epochs", "batch_size")}
    common |= {field: TrainConfig.model_fields[field].default for field in ("lr", "seed", "device")}
    family = family_state(asked.get("family", "vae"))
    data = data_state(DATASETS[asked.get("dataset", "digits")])
    return {**common, "latent_dim": 2, "name": "", **family, **data, **asked}


def _apply_preset() -> None:
    chosen = held("preset")
    if chosen in PRESETS:
        hold(**preset_state(chosen))


def _latent_changed(field: str) -> None:
    if held(field) is not None:
        hold(latent_dim=int(held(field)))


def _state_of(config: RunConfig) -> dict[str, Any]:
    """Return what the widgets hold for a run's settings."""
    data, model, train = config.data, config.model, config.train
    state = preset_state("digits") | family_state(model.family) | data_state(spec_of(data.dataset))
    own = {field: getattr(model, field) for field in state if hasattr(model, field)}
    own |= {field: getattr(train, field) for field in state if hasattr(train, field)}
    own.pop("growth", None)
    named = {} if data.classes is None else {"classes": list(data.classes)}
    return {
        **state,
        **own,
        "hidden": hidden_text(model.hidden),
        "binarise": data.binarise,
        **named,
        "name": "",
        "preset": None,
    }


def _take_link() -> None:
    """Take the settings that the address asks for: a preset's, or those of a run."""
    preset, like = st.query_params.pop("preset", None), st.query_params.pop("like", None)
    if preset in PRESETS:
        hold(preset=preset, **preset_state(preset))
    elif preset is not None:
        show_warning(_("There is no preset {name}.").format(name=quoted(preset)))
    if like is not None:
        try:
            hold(**_state_of(runs.open_run(like, loaders.runs_root()).config))
        except UserError as error:
            show_warning(sentence(error))


def _locked() -> dict[str, Any]:
    """Return the settings that the teacher has fixed for whoever is not the teacher."""
    return {} if acting().is_teacher else classroom(loaders.runs_root()).locked


def _restore() -> None:
    """Give the widgets what they held when this page was left: their own state ends with it."""
    proposal = take_proposal()
    if proposal is not None:
        data = data_state(spec_of(proposal.dataset))
        hold(**preset_state(proposal.preset) | data | dict(proposal.settings) | {"preset": None})
    _take_link()
    preset = next(iter(PRESETS))
    first = {"preset": preset, **preset_state(preset)}
    for field, value in {**first, **st.session_state.get(_KEPT, {})}.items():
        st.session_state.setdefault(key(field), value)
    # Of settings that the family takes but has not shown yet, its own defaults.
    for field, value in family_state(held("family")).items():
        st.session_state.setdefault(key(field), value)
    locked = _locked()
    if locked:
        hold(**locked)
        words = ", ".join(f"{name} = {value}" for name, value in locked.items())
        st.caption(_("The teacher has fixed: {settings}.").format(settings=words))
    d = held("latent_dim")
    hold(
        latent_preset=d if d in LATENT_PRESETS else None,
        latent_slider=min(LATENT_STEPS, key=lambda step: abs(np.log(step / d))),
    )


def _keep() -> None:
    fields = {"preset", *preset_state(next(iter(PRESETS)))}
    for family in FAMILIES:
        fields |= family_state(family).keys()
    kept = st.session_state.get(_KEPT, {})
    st.session_state[_KEPT] = kept | {
        field: held(field) for field in fields if key(field) in st.session_state
    }


def _latent_size() -> int:
    st.pills(
        _("Latent size d"),
        LATENT_PRESETS,
        help=help_text(ModelConfig, "latent_dim"),
        key=key("latent_preset"),
        on_change=_latent_changed,
        args=("latent_preset",),
    )
    slider, number = st.columns([2, 1], vertical_alignment="bottom")
    with slider:
        st.select_slider(
            _("Latent size, slider"),
            LATENT_STEPS,
            label_visibility="collapsed",
            key=key("latent_slider"),
            on_change=_latent_changed,
            args=("latent_slider",),
        )
    with number:
        return whole_field(
            ModelConfig,
            "latent_dim",
            _("Latent size, number"),
            key("latent_dim"),
            label_visibility="collapsed",
        )


def _family() -> str:
    name: str = st.selectbox(
        _("Model"),
        list(FAMILIES),
        format_func=lambda name: _(FAMILIES[name].title),
        help=help_text(ModelConfig, "family"),
        key=key("family"),
        on_change=lambda: hold(**family_state(held("family"))),
    )
    st.caption(_(FAMILIES[name].summary))
    return name


def _network() -> dict[str, Any]:
    left, right = st.columns(2)
    with left:
        arch = choice(
            ModelConfig,
            "arch",
            on_change=lambda: hold(hidden=hidden_text(DEFAULT_HIDDEN[held("arch")])),
        )
    with right:
        hidden = st.text_input(
            _("Hidden sizes"), help=help_text(ModelConfig, "hidden"), key=key("hidden")
        )
    return {"arch": arch, "hidden": hidden, "latent_dim": _latent_size()}


def presets() -> None:
    """Show the presets; the controls below hold what the chosen one sets."""
    _restore()
    st.pills(
        _("Preset"),
        list(PRESETS),
        format_func=lambda name: _(PRESETS[name].title),
        key=key("preset"),
        on_change=_apply_preset,
        wrap=True,
    )


def controls() -> tuple[Settings, Callable[[], None]]:
    """Show the controls; return what they hold, and what shows the data set's images.

    That is for the end of the page: the first reading of a data set takes seconds, and until a
    control is sent, the browser has its old value and hands that in at the next click.
    """
    family = _family()
    spec, place, data = data_controls()
    model = _network() | family_options(family)
    train: dict[str, Any] = {"epochs": whole(TrainConfig, "epochs")}
    with st.expander(_("More settings")):
        train |= train_options(family)
        left, right = st.columns(2)
        with left:
            train["seed"] = whole(TrainConfig, "seed")
        with right:
            train["device"] = choice(TrainConfig, "device")
        data["binarise"] = pixel_control(spec)
        name = st.text_input(
            _("Name (optional)"),
            help=_("Letters, digits, dot, dash, underscore; named after its settings if empty."),
            key=key("name"),
        )
    _keep()
    settings = Settings(family, data, model, train, name)
    _drawing(settings)
    return settings, partial(preview, place, spec, held("classes"), data["binarise"])


def _drawing(settings: Settings) -> None:
    """Show the network that these settings make; nothing while one of them is wrong."""
    with contextlib.suppress(UserError):
        show_network(settings.config().model)


@errors_shown()
def start_button(settings: Settings, root: Path) -> Run | None:
    """Show Start, or why it cannot be pressed; return the run that it has started."""
    title, ready = title_of(settings.dataset), are_here(settings.dataset)
    pressed = st.button(
        _("Start"),
        icon=":material/play_arrow:",
        type="primary",
        width="stretch",
        disabled=not ready,
        help=None
        if ready
        else _("The images of {data} are not on this machine.").format(data=title),
    )
    if not ready:
        st.caption(
            _(
                "Start needs the images of {data}: get them here, or choose another data set."
            ).format(data=title)
        )
        obtain.offer(settings.dataset)
    if not pressed:
        return None
    run = runs.create(settings.config(), root, numbered=not settings.name.strip())
    queue.submit(run)
    return run
