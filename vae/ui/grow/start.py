"""Starting a growing run, and the fixed target that it is compared with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from vae import runs
from vae.analysis.grow import find_target, grows, scaled
from vae.config import ModelConfig, RunConfig, TrainConfig, growth, help_text, parse_hidden
from vae.config.growth import GrowthConfig
from vae.data import all_datasets
from vae.data import status as data_status
from vae.errors import UserError
from vae.locale import N_, _
from vae.runs import Run, queue
from vae.training.plan import plan
from vae.ui.shared import obtain
from vae.ui.shared.errors import errors_shown, show_error
from vae.ui.shared.fields import real_field, whole_field
from vae.ui.shared.growth_options import growth_options, growth_state, read_growth
from vae.ui.shared.originals import title_of

OWN = "own"
APPROACHES = {
    "approach-1": N_("Approach 1: grow"),
    "approach-2": N_("Approach 2: cut back, then grow"),
    "fixed": N_("Fixed target"),
    OWN: N_("Own schedule"),
}
_WORDS = {
    "approach-1": N_("The encoder starts small and gains neurons until it has the target's size."),
    "approach-2": N_("It starts with the target's size, is cut back once, and grows again."),
    "fixed": N_("An ordinary VAE of the target's size: the others are compared with it."),
    OWN: N_("The encoder grows by your schedule."),
}
_FIRST: dict[str, Any] = {"epochs": 80, "samples": 1, "seed": 0, "batch_size": 64, "lr": 2e-3}
_OWN_START = {"hidden": "256,128", "latent_dim": 20}


def _key(field: str) -> str:
    return f"grow-{field}"


def planned(
    approach: str,
    dataset: str,
    train: Mapping[str, Any],
    *,
    model: Mapping[str, Any] | None = None,
    schedule: GrowthConfig | None = None,
) -> RunConfig:
    """Return the run of an approach: a recipe's, its schedule fitted to the epochs, or one's own.

    ``model`` (hidden sizes, latent size) and ``schedule`` are of an own one alone. Raises UserError
    if a setting is wrong.
    """
    recipe = growth.RECIPES["approach-1" if approach == OWN else approach]
    settings = {**recipe.model, **(model or {})}
    if schedule is not None:
        settings["growth"] = schedule
    elif "growth" in settings:
        settings["growth"] = scaled(settings["growth"], recipe.train["epochs"], train["epochs"])
    return plan(recipe.family, data={"dataset": dataset}, model=settings, train=train)


def target_of(config: RunConfig) -> RunConfig:
    """Return the fixed target of a growing run, with its settings."""
    model = config.model
    given = {name: getattr(model, name) for name in ("arch", "hidden", "latent_dim", "init")}
    return plan(
        "vae",
        data=config.data.model_dump(exclude_none=True),
        model=given,
        train=config.train.model_dump(),
    )


def schedule_words(config: RunConfig) -> str:
    """Say in one sentence what happens to the encoder and when."""
    schedule, target = config.model.growth, config.model.hidden
    if schedule is None:
        return _("{sizes} neurons from the first epoch to the last.").format(
            sizes="/".join(map(str, target))
        )
    found = [change for change in schedule.changes(target) if change.epoch <= config.train.epochs]
    parts = ["/".join(map(str, change.sizes)) for change in found]
    after = ", ".join(str(change.epoch - 1) for change in found[1:])
    if not after:
        return _(
            "{sizes} neurons throughout: the first change would come after the last epoch."
        ).format(sizes=parts[0])
    return _("{sizes} neurons, after epoch {epochs}.").format(sizes=" → ".join(parts), epochs=after)


def _hold_first() -> None:
    first = {**_FIRST, **_OWN_START, **growth_state(GrowthConfig(every=10))}
    for field, value in first.items():
        st.session_state.setdefault(_key(field), value)


def _train_settings() -> dict[str, Any]:
    names = {
        "epochs": _("Epochs"),
        "samples": _("Samples L"),
        "batch_size": _("Batch size"),
        "seed": _("Seed"),
    }
    found: dict[str, Any] = {}
    columns = st.columns(5)
    for column, (field, label) in zip(columns, names.items(), strict=False):
        with column:
            found[field] = whole_field(TrainConfig, field, label, _key(field))
    with columns[-1]:
        found["lr"] = real_field(TrainConfig, "lr", _("Learning rate"), _key("lr"), step=1e-3)
    return found


def _own() -> tuple[dict[str, Any], dict[str, Any]]:
    """Show the settings of an own schedule; return the model's and the schedule's as typed."""
    left, right = st.columns(2)
    with left:
        hidden = st.text_input(
            _("Target: hidden sizes"), help=_(help_text(ModelConfig, "hidden")), key=_key("hidden")
        )
    with right:
        d = whole_field(ModelConfig, "latent_dim", _("Latent size d"), _key("latent_dim"))
    return {"hidden": hidden, "latent_dim": d}, growth_options(_key)


def _dataset() -> str:
    names = list(all_datasets())
    chosen: str = st.selectbox(
        _("Data set"),
        names,
        index=names.index("digits"),
        format_func=title_of,
        key=_key("dataset"),
    )
    return chosen


@errors_shown()
def start_panel(root: Path) -> Run | None:
    """Show the settings and Start; return the run that it has put in the queue."""
    _hold_first()
    left, right = st.columns([1, 2.4])
    with left:
        dataset = _dataset()
    with right:
        approach: str = st.segmented_control(
            _("Approach"),
            list(APPROACHES),
            format_func=lambda name: _(APPROACHES[name]),
            default="approach-1",
            required=True,
            key=_key("approach"),
        )
    train = _train_settings()
    own = _own() if approach == OWN else None
    config = None
    try:
        if own is None:
            config = planned(approach, dataset, train)
        else:
            model, held = own
            model = {**model, "hidden": parse_hidden(model["hidden"])}
            config = planned(OWN, dataset, train, model=model, schedule=read_growth(held))
    except UserError as error:
        show_error(error)
    with_target = approach != "fixed" and st.checkbox(
        _("Train the fixed target with the same settings too, unless there is one"),
        value=True,
        key=_key("with-target"),
    )
    if config is not None:
        usual = growth.RECIPES["approach-1"].train
        caption = f"{_(_WORDS[approach])} {schedule_words(config)}"
        if approach != OWN:
            caption += " " + _(
                "The report: {epochs} epochs, L = {samples}, batches of {batch_size}, learning "
                "rate {lr:g}."
            ).format(**usual)
        st.caption(caption)
    is_ready = data_status(dataset).ready
    pressed = st.button(
        _("Start"),
        icon=":material/play_arrow:",
        type="primary",
        disabled=not is_ready or config is None,
        key=_key("start-it"),
    )
    if not is_ready:
        obtain.offer(dataset)
    if not pressed or config is None:
        return None
    return _start(config, root, with_target=with_target)


def _start(config: RunConfig, root: Path, *, with_target: bool) -> Run:
    """Put a run in the queue, and its target behind it unless one of its seed is there."""
    run = runs.create(config, root, numbered=True)
    queue.submit(run)
    if with_target and grows(config):
        there = find_target(config, [one for one in runs.list_runs(root) if _counts(one)])
        same = there is not None and (
            (there.config.train.seed, there.config.train.epochs)
            == (config.train.seed, config.train.epochs)
        )
        if not same:
            queue.submit(runs.create(target_of(config), root, numbered=True))
    return run


def _counts(run: Run) -> bool:
    return run.status().state in ("done", "running") or run.status().queued_at is not None
