"""The Grow page's view of a run: its loss beside the network, with a mark at each expansion."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from vae import runs
from vae.analysis.grow import (
    Structure,
    elbo_curve,
    encoder_parameters,
    find_target,
    mean_parameters,
    negative_elbo,
    robust_range,
    structures,
)
from vae.figures import grow as figures_growth
from vae.figures.grow import Mark, Stairs
from vae.locale import _, numbers
from vae.runs import Run
from vae.ui.grow.drawing import drawing, sizes_words, structure_table
from vae.ui.shared import loaders
from vae.ui.shared.errors import errors_shown
from vae.ui.shared.run.progress import progress
from vae.ui.shared.run.state import LIVE, see_to, waits
from vae.ui.shared.run.state import RunPhase as State
from vae.ui.shared.show import show_figure
from vae.ui.shared.take_away import takeable
from vae.ui.shared.watch import watch

Lines = Sequence[Mapping[str, Any]]
_NONE = ""


def view(run: Run, root: Path, before: Mapping[str, State]) -> None:
    """Show how a growing run went, or goes: anew as it or the other one learns."""
    other = _compared(run, root, before)
    live = _is_live(run, before) or (other is not None and _is_live(other, before))
    # A change of the toggle or the slider reruns this part alone.
    st.fragment(_follow if live else _show)(run, other, root, before)


def _is_live(run: Run, before: Mapping[str, State]) -> bool:
    return before[run.name][0] in LIVE


@errors_shown()
def _follow(run: Run, other: Run | None, root: Path, before: Mapping[str, State]) -> None:
    watch("queue", f"run:{run.name}", *([f"run:{other.name}"] if other else []), key="grow")
    see_to(root, before, run.name, *([other.name] if other else []))
    if _is_live(run, before):
        progress(run.status(), run.metrics(), waits(root).get(run.name))
    _show(run, other, root, before)


def _compared(run: Run, root: Path, before: Mapping[str, State]) -> Run | None:
    """Let the user choose the run to compare with; the fixed target unless told otherwise."""
    others = [
        one
        for one in runs.list_runs(root)
        if one.name != run.name and one.config.data == run.config.data and one.name in before
        if _has_curve(one) or (_is_live(one, before) and not _epochs(one))
    ]
    target = find_target(run.config, others)
    names = [_NONE, *(one.name for one in others)]
    key = f"grow-compared-{run.name}"
    # Set, not an index: a target that has come to be since is then taken, unless one was chosen.
    if st.session_state.get(key) not in names or not st.session_state.get(f"{key}-chosen"):
        st.session_state[key] = target.name if target else _NONE

    def label(name: str) -> str:
        if not name:
            return _("no other run")
        return (
            _("{run} (its fixed target)").format(run=name)
            if target and name == target.name
            else name
        )

    chosen = st.selectbox(
        _("Compared with"),
        names,
        format_func=label,
        key=key,
        on_change=lambda: st.session_state.update({f"{key}-chosen": True}),
        help=_(
            "Its fixed target is a VAE of the final size, on the same data and with the "
            "same latent size, batch, learning rate and samples, and if there is one "
            "with the same seed."
        ),
        width=440,
    )
    if target is None:
        st.caption(
            _(
                "There is no run of its fixed target here yet: start one above, with the "
                "approach “Fixed target” and the same settings."
            )
        )
    return next((one for one in others if one.name == chosen), None)


def _epochs(run: Run) -> list[dict[str, Any]]:
    return [line for line in loaders.metrics(run) if line.get("kind") == "epoch"]


def _has_curve(run: Run) -> bool:
    # Runs whose objective is no ELBO (autoencoders, codebooks) have nothing to compare.
    lines = _epochs(run)
    return bool(lines) and negative_elbo(lines[-1], "test") is not None


def _show(run: Run, other: Run | None, root: Path, before: Mapping[str, State]) -> None:
    lines, live = _epochs(run), _is_live(run, before)
    config = run.config.model
    found = structures(config, lines)
    left, right = st.columns([2, 1], gap="large")
    with left:
        if lines:
            _figure(run, other, lines, found)
        else:
            st.info(_("The curves come with the first epoch."), icon=":material/hourglass_top:")
    with right:
        _network(run, lines, found, live=live)
    if lines:
        with takeable("structures", is_table=True):
            st.html(structure_table(found))
        st.caption(_summary(run, other, lines))


def _figure(run: Run, other: Run | None, lines: Lines, found: Sequence[Structure]) -> None:
    curves = [elbo_curve(run.name, 0, lines)]
    if other is not None and _epochs(other):
        curves.append(elbo_curve(other.name, 1, _epochs(other)))
    elif other is not None:
        st.caption(
            _("{name} has not ended its first epoch yet: its curve comes by itself.").format(
                name=other.name
            )
        )
    whole = st.toggle(
        _("All of the loss axis"),
        key=f"grow-whole-{run.name}",
        help=_("The first epochs are often far off: without them the jumps can be seen."),
    )
    marks = [Mark(one.epoch - 1, sizes_words(one.sizes)) for one in found[1:]]
    ends = [float(one.epoch - 1) for one in found] + [float(lines[-1]["epoch"])]
    layers = [
        Stairs(
            _("hidden layer {layer}").format(layer=layer + 1),
            ends,
            [one.sizes[layer] for one in found],
        )
        for layer in range(len(run.config.model.hidden))
    ]
    figure = figures_growth.growth_figure(
        curves,
        marks,
        layers,
        epochs=max([run.config.train.epochs] + ([other.config.train.epochs] if other else [])),
        loss_range=None if whole else robust_range(curves),
    )
    show_figure(
        figure,
        key=f"grow-figure-{run.name}",
        alt=_(
            "-ELBO by epoch of {runs}, with marks after the epochs {epochs}, above the number of "
            "neurons of each layer of the encoder"
        ).format(
            runs=_(" and ").join(curve.name for curve in curves),
            epochs=", ".join(f"{mark.at:.0f}" for mark in marks) or _("none yet"),
        ),
    )


def _network(run: Run, lines: Lines, found: Sequence[Structure], *, live: bool) -> None:
    last = int(lines[-1]["epoch"]) if lines else 1
    epoch = last
    if not live and last > 1:
        # It is drawn here again, not the figure beside it.
        st.fragment(_at_epoch)(run, lines, found, last)
        return
    _draw(run, lines, found, epoch)


def _at_epoch(run: Run, lines: Lines, found: Sequence[Structure], last: int) -> None:
    epoch = st.slider(
        _("Epoch"),
        1,
        last,
        last,
        key=f"grow-epoch-{run.name}-{last}",
        help=_("The encoder as it was trained in this epoch."),
    )
    _draw(run, lines, found, epoch)


def _draw(run: Run, lines: Lines, found: Sequence[Structure], epoch: int) -> None:
    config = run.config.model
    place = max(place for place, one in enumerate(found) if place == 0 or one.epoch <= epoch)
    now = found[place]
    change = config.growth.change_at(config.hidden, now.epoch) if config.growth else None
    kept = change.keep if change is not None else now.sizes
    value = next((negative_elbo(line, "test") for line in lines if line["epoch"] == epoch), None)
    words = (
        _("**Epoch {epoch}**: {sizes} neurons, {n} parameters in the encoder.")
        if value is None
        else _(
            "**Epoch {epoch}**: {sizes} neurons, −ELBO {value:.2f} nats, {n} parameters in the "
            "encoder."
        )
    )
    st.markdown(
        words.format(
            epoch=epoch,
            sizes=sizes_words(now.sizes),
            value=value,
            n=numbers.count(now.parameters),
        )
    )
    with takeable("encoder"):
        st.html(
            drawing(
                math.prod(config.image_shape),
                now.sizes,
                kept,
                config.hidden,
                config.latent_dim,
                parameters=now.parameters,
            )
        )


def _summary(run: Run, other: Run | None, lines: Lines) -> str:
    """Say what the table's figures are, and how the growing run stands against its target."""
    text = _(
        "−ELBO is reconstruction + KL of the test images, one sample of z each; a "
        "mark after epoch e is a change made before epoch e + 1. “Before” is taken "
        "after the last epoch of the structure before."
    )
    config = run.config.model
    mean = mean_parameters(config, lines)
    whole = encoder_parameters(config, config.hidden)
    if mean is not None:
        text += " " + _(
            "Averaged over its epochs the encoder of {run} had {mean} parameters, {share} of the "
            "target's {whole}."
        ).format(
            run=run.name,
            mean=numbers.count(round(mean)),
            share=numbers.percent(mean / whole),
            whole=numbers.count(whole),
        )
    ours = negative_elbo(lines[-1], "test")
    epochs = _epochs(other) if other else []
    theirs = negative_elbo(epochs[-1], "test") if epochs else None
    if other and ours is not None and theirs is not None:
        words = (
            _(
                "After epoch {epoch} it is at {ours:.2f} nats, {gap:.2f} nats above {other} after "
                "its epoch {last} ({theirs:.2f})."
            )
            if ours > theirs
            else _(
                "After epoch {epoch} it is at {ours:.2f} nats, {gap:.2f} nats below {other} after "
                "its epoch {last} ({theirs:.2f})."
            )
        )
        text += " " + words.format(
            epoch=lines[-1]["epoch"],
            ours=ours,
            gap=abs(ours - theirs),
            other=other.name,
            last=epochs[-1]["epoch"],
            theirs=theirs,
        )
    return text
