"""The Train page's controls: presets, settings within their bounds, and Start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from vae import jobs, runs
from vae.config import (
    DEFAULT_HIDDEN,
    Arch,
    DataConfig,
    Device,
    ModelConfig,
    RunConfig,
    TrainConfig,
    automatic_name,
    bounds,
    help_text,
    make,
    parse_hidden,
)
from vae.data import DATASETS, spec_of
from vae.data import status as data_status
from vae.devices import pick_device
from vae.errors import UserError
from vae.runs import Run
from vae.ui import obtain
from vae.ui.train_view import originals, say, strip

LATENT_PRESETS = (2, 8, 20, 32)
LATENT_STEPS = (
    *range(1, 17),
    *(20, 24, 32, 40, 50, 64, 80, 100, 128, 160, 200, 256, 320, 400, 512, 640, 800, 1024),
)
_PREFIX = "train-"
_KEPT = "train-settings"
EXAMPLES = "train-examples"  # the style keeps its height free


@dataclass(frozen=True)
class Settings:
    """What the controls hold, as typed."""

    dataset: str = "digits"
    arch: str = "mlp"
    hidden: str = "512,256"
    latent_dim: int = 2
    beta: float = 1.0
    epochs: int = 20
    samples: int = 1
    batch_size: int = 128
    lr: float = 1e-3
    seed: int = 0
    device: str = "auto"
    name: str = ""

    def config(self) -> RunConfig:
        """Return the run that these settings describe.

        Raises
        ------
        UserError
            If one of them is wrong, or the device is not there.
        """
        data = make(DataConfig, dataset=self.dataset)
        model = make(
            ModelConfig,
            arch=self.arch,
            hidden=parse_hidden(self.hidden),
            latent_dim=self.latent_dim,
            beta=self.beta,
            image_shape=spec_of(self.dataset).shape,
        )
        train = make(
            TrainConfig,
            epochs=self.epochs,
            batch_size=self.batch_size,
            lr=self.lr,
            samples=self.samples,
            seed=self.seed,
            device=self.device,
        )
        pick_device(self.device)
        name = self.name.strip() or automatic_name(data, model, train)
        return make(RunConfig, name=name, data=data, model=model, train=train)


PRESETS = {
    "Quick digits": Settings(epochs=40, batch_size=64, lr=2e-3),
    "MNIST map": Settings(dataset="mnist"),
    "MNIST 20 dimensions": Settings(dataset="mnist", latent_dim=20),
}


def _key(field: str) -> str:
    return _PREFIX + field


def _set(**values: Any) -> None:
    for field, value in values.items():
        st.session_state[_key(field)] = value


def _apply_preset() -> None:
    chosen = st.session_state.get(_key("preset"))
    if chosen in PRESETS:
        _set(**vars(PRESETS[chosen]))


def _arch_changed() -> None:
    _set(hidden=",".join(map(str, DEFAULT_HIDDEN[st.session_state[_key("arch")]])))


def _latent_changed(field: str) -> None:
    value = st.session_state.get(_key(field))
    if value is not None:
        _set(latent_dim=int(value))


def _restore() -> None:
    """Give the widgets what they held when this page was left: their own state ends with it."""
    first = {"preset": next(iter(PRESETS)), **vars(PRESETS["Quick digits"])}
    for field, value in {**first, **st.session_state.get(_KEPT, {})}.items():
        st.session_state.setdefault(_key(field), value)
    d = st.session_state[_key("latent_dim")]
    _set(
        latent_preset=d if d in LATENT_PRESETS else None,
        latent_slider=min(LATENT_STEPS, key=lambda step: abs(np.log(step / d))),
    )


def _number(label: str, kind: type[ModelConfig] | type[TrainConfig], field: str) -> int:
    low, high = bounds(kind, field)
    return int(
        st.number_input(
            label,
            min_value=int(low),
            max_value=int(high),
            step=1,
            help=help_text(kind, field),
            key=_key(field),
        )
    )


def _real(
    label: str, kind: type[ModelConfig] | type[TrainConfig], field: str, step: float, fmt: str
) -> float:
    low, high = bounds(kind, field)
    return float(
        st.number_input(
            label,
            min_value=float(low),
            max_value=float(high),
            step=step,
            format=fmt,
            help=help_text(kind, field),
            key=_key(field),
        )
    )


def _latent_size() -> int:
    st.pills(
        "Latent size d",
        LATENT_PRESETS,
        help=help_text(ModelConfig, "latent_dim"),
        key=_key("latent_preset"),
        on_change=_latent_changed,
        args=("latent_preset",),
    )
    slider, number = st.columns([2, 1], vertical_alignment="bottom")
    with slider:
        st.select_slider(
            "Latent size, slider",
            LATENT_STEPS,
            label_visibility="collapsed",
            key=_key("latent_slider"),
            on_change=_latent_changed,
            args=("latent_slider",),
        )
    low, high = bounds(ModelConfig, "latent_dim")
    with number:
        return int(
            st.number_input(
                "Latent size, number",
                int(low),
                int(high),
                step=1,
                label_visibility="collapsed",
                key=_key("latent_dim"),
            )
        )


def _data_set() -> tuple[str, DeltaGenerator]:
    """Return the chosen data set, and the place for its images."""
    name: str = st.selectbox(
        "Data set",
        list(DATASETS),
        format_func=lambda name: DATASETS[name].title,
        help=help_text(DataConfig, "dataset"),
        key=_key("dataset"),
    )
    return name, st.container(key=EXAMPLES)


def show_examples(name: str, place: DeltaGenerator) -> None:
    """Show ten images of a data set; last of all, since the first reading of one takes seconds.

    Until a control is sent, the browser has its old value and hands that in at the next click.
    """
    shown = originals(name)
    if shown is not None:
        alt = f"Ten images of {DATASETS[name].title}"
        place.image(strip(shown[0]), width="stretch", alt=alt)


def controls() -> tuple[Settings, DeltaGenerator]:
    """Show the controls; return what they hold, and the place for :func:`show_examples`."""
    _restore()
    st.pills("Preset", list(PRESETS), key=_key("preset"), on_change=_apply_preset, wrap=True)
    dataset, place = _data_set()
    arch_column, hidden_column = st.columns(2)
    with arch_column:
        arch: str = st.selectbox(
            "Architecture",
            list(get_args(Arch)),
            help=help_text(ModelConfig, "arch"),
            key=_key("arch"),
            on_change=_arch_changed,
        )
    with hidden_column:
        hidden = st.text_input(
            "Hidden sizes", help=help_text(ModelConfig, "hidden"), key=_key("hidden")
        )
    latent_dim = _latent_size()
    beta_column, epochs_column = st.columns(2)
    with beta_column:
        beta = _real("beta", ModelConfig, "beta", 0.5, "%.2f")
    with epochs_column:
        epochs = _number("Epochs", TrainConfig, "epochs")
    with st.expander("More settings"):
        left, right = st.columns(2)
        with left:
            samples = _number("Samples L", TrainConfig, "samples")
            lr = _real("Learning rate", TrainConfig, "lr", 1e-4, "%.5f")
            device: str = st.selectbox(
                "Device",
                list(get_args(Device)),
                help=help_text(TrainConfig, "device"),
                key=_key("device"),
            )
        with right:
            batch_size = _number("Batch size", TrainConfig, "batch_size")
            seed = _number("Seed", TrainConfig, "seed")
            name = st.text_input(
                "Name (optional)",
                help="Letters, digits, dot, dash, underscore; named after its settings if empty.",
                key=_key("name"),
            )
    settings = Settings(
        *(dataset, arch, hidden, latent_dim, beta, epochs),
        *(samples, batch_size, lr, seed, device, name),
    )
    st.session_state[_KEPT] = {**vars(settings), "preset": st.session_state[_key("preset")]}
    return settings, place


def start_button(settings: Settings, root: Path) -> Run | None:
    """Show Start, or why it cannot be pressed; return the run that it has started."""
    ready = data_status(settings.dataset).state == "ready"
    title = DATASETS[settings.dataset].title
    pressed = st.button(
        "Start",
        icon=":material/play_arrow:",
        type="primary",
        width="stretch",
        disabled=not ready,
        help=None if ready else f"The images of {title} are not on this machine.",
    )
    if not ready:
        st.caption(f"Start needs the images of {title}: get them here, or choose another data set.")
        obtain.offer(settings.dataset)
    if not pressed:
        return None
    try:
        run = runs.create(settings.config(), root, numbered=not settings.name.strip())
        jobs.submit(run)
    except UserError as error:
        say(error)
        return None
    return run
