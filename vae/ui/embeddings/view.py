"""What the Embeddings page shows: the plot, what is measured of it, and the work on t-SNE."""

from functools import partial
from urllib.parse import urlencode

import streamlit as st

from vae.analysis.embeddings import background, finished
from vae.analysis.embeddings.quality import NEIGHBOURS, Quality
from vae.analysis.embeddings.settings import TITLES, Settings, Tsne, check, engine
from vae.analysis.embeddings.terms import GroupAnswer, group_answer, picked_answer, read_mask
from vae.locale import _, language, numbers
from vae.runs import Run, tasks
from vae.runs.threads import Progress
from vae.ui.embeddings import data as embed_data
from vae.ui.embeddings.controls import Choice
from vae.ui.embeddings.data import Embedding, RunData
from vae.ui.embeddings.scatter import ShownAnswer, read_state, scatter
from vae.ui.shared import loaders
from vae.ui.shared.errors import errors_shown, show_error
from vae.ui.shared.originals import version_with_data
from vae.ui.shared.shell import begin_answer
from vae.ui.shared.show import offer_download, show_note
from vae.ui.shared.work import POLL_S, follow_work

_NOT_LET_GO = -1
_EXPLORE = "pages/explore.py"


# ---- the plot ------------------------------------------------------------------------------------


def _selection(run: Run, key: str) -> tuple[int, str]:
    """Return the picked test image (negative for none) and the lasso's mask (or "").

    A component's state ends with its page; the selection is kept for the way back.
    """
    kept: tuple[int, str] = st.session_state.get(f"selected-{run.name}", (_NOT_LET_GO, ""))
    state = read_state(st.session_state.get(key))
    picked = kept[0] if state.picked is None else state.picked
    lasso = kept[1] if state.lasso is None else state.lasso
    st.session_state[f"selected-{run.name}"] = (picked, lasso)
    return picked, lasso


def _picked(run: Run, data: RunData, index: int) -> ShownAnswer | None:
    if not 0 <= index < len(data.mu):
        return None
    images, missing = embed_data.originals_or_why(run)
    model = loaders.model(run, run.version)
    answer = picked_answer(model, data.codes, data.labels, index, images, missing)
    address = data.address(run, index)
    href = None if address is None else f"explore?{urlencode(address, safe=',')}"
    return ShownAnswer(**answer, label=int(data.labels[index]), href=href)


@st.cache_resource(max_entries=32, show_spinner=False)
def _group(_run: Run, key: str, spoken: str, mask: str, has_images: bool) -> GroupAnswer | None:
    data = embed_data.run_data(_run, _run.version)
    chosen = read_mask(mask, len(data.mu))
    if chosen is None:
        return None
    images = embed_data.originals_or_why(_run)[0] if has_images else None
    model = loaders.model(_run, _run.version)
    return group_answer(
        model, data.codes, data.labels, chosen, images, tuple(map(_, data.class_names))
    )


@st.fragment
@errors_shown()
def plot(run: Run, data: RunData, points: str, values: str | None) -> None:
    """Show the points; a click or a lasso reruns only this part of the page."""
    begin_answer()
    key = f"scatter-{run.name}"
    picked, lasso = _selection(run, key)
    has_images = embed_data.originals_or_why(run)[0] is not None
    state = scatter(
        points,
        values=values,
        picked=_picked(run, data, picked),
        group=_group(run, version_with_data(run), language(), lasso, has_images) if lasso else None,
        key=key,
    )
    if state.opened is not None and 0 <= state.opened < len(data.mu):
        query = data.address(run, state.opened)
        if query is not None:
            st.switch_page(_EXPLORE, query_params=query)


# ---- the work on t-SNE and UMAP ------------------------------------------------------------------


@errors_shown()
def work(run: Run, data: RunData, settings: Settings) -> None:
    """Show how the work on an embedding stands, with Start or Stop, where there is no result."""
    method = settings.method
    if engine(method) is None:
        show_note(
            _(
                "{method} needs a package that is not installed here: `pip install "
                "umap-learn`, then restart the program. t-SNE is there without it."
            ).format(method=TITLES[method])
        )
        return
    check(settings, len(data.mu))
    root, key, title = run.directory.parent, background.key_of(run, settings), TITLES[method]

    def look() -> Progress:
        tasks.start_next(root)
        return tasks.look(root, key)

    def doing(progress: Progress) -> str:
        if progress.state == "queued":
            return _("{title} waits for its turn: it starts by itself.").format(title=title)
        words = (
            _("{method} of {n} codes: working, {time}")
            if progress.share is None
            else _("{method} of {n} codes: {share} done, {time}")
        )
        return words.format(
            method=title,
            n=numbers.count(settings.points),
            share=numbers.percent(progress.share or 0),
            time=numbers.duration(progress.seconds),
        )

    def ended(progress: Progress) -> None:
        if progress.state == "failed":
            show_error(
                _("{title} was not computed: {error}").format(title=title, error=progress.error)
            )
        words = (
            _(
                "**{method} has not been computed with these settings yet.** It takes some seconds "
                "for 2,000 points, a minute or more for 10,000, and longer the first time, when "
                "its code is compiled. The result is kept."
            )
            if method == "umap"
            else _(
                "**{method} has not been computed with these settings yet.** It takes some seconds "
                "for 2,000 points, a minute or more for 10,000. The result is kept."
            )
        )
        st.write(words.format(method=title))
        if st.button(_("Start"), icon=":material/play_arrow:", type="primary"):
            background.start(run, settings, data.mu)
            st.rerun()

    with st.container(border=True):
        follow_work(look, doing, lambda: tasks.stop(root, key), ended, key="embeddings-stop")


# ---- what is beside the plot ---------------------------------------------------------------------


def _share(value: float | None) -> str:
    return _("n/a") if value is None else numbers.percent(value, 1)


def beside(run: Run, shown: Embedding, choice: Choice) -> None:
    """Show what is measured of the embedding; until all is there, ask again on a timer."""
    data = embed_data.run_data(run, run.version)
    needs_images = embed_data.needs_images(data, choice.colour)

    def goes_on() -> bool:
        losses = embed_data.costs(run) if needs_images else None
        return embed_data.quality_of(run, shown).is_live or (losses is not None and losses.is_live)

    waits = goes_on()

    def measures() -> None:
        if waits and not goes_on():
            st.rerun()
        _measures(run, shown, choice)

    st.fragment(measures, run_every=POLL_S if waits else None)()


def _measures(run: Run, shown: Embedding, choice: Choice) -> None:
    count, d = len(shown.index), run.config.model.latent_dim
    data = embed_data.run_data(run, run.version)
    st.markdown(_("**How much of the codes it keeps**"))
    measured = embed_data.quality_of(run, shown)
    if measured.state == "failed":
        st.caption(_("It cannot be measured: {error}").format(error=measured.error))
        return
    found: Quality | None = measured.result
    dims = shown.coordinates.shape[1]
    rows = (
        (
            _("10-NN in {code}, {n} codes").format(code=_(data.code), n=numbers.count(count)),
            _share(found.knn_codes) if found else "…",
            _(
                "The share of the {count} shown test codes whose {k} "
                "nearest others (itself left out), in all {d} dimensions, vote for its class."
            ).format(count=numbers.count(count), k=NEIGHBOURS, d=d),
        ),
        (
            _("10-NN in this plot ({dims}-D)").format(dims=dims),
            _share(found.knn_places) if found else "…",
            _(
                "The same vote among the same {count} points as they lie in this plot. Less "
                "than above: the plot mixes classes that the codes keep apart."
            ).format(count=numbers.count(count)),
        ),
        (
            _("Trustworthiness"),
            (_("n/a") if found.trust is None else numbers.formatted(found.trust, ".3f"))
            if found
            else "…",
            _(
                "1: the {k} nearest neighbours in the plot are neighbours in all dimensions as "
                "well; each false neighbour lowers it, the more the farther away it is. Measured "
                "on {n} of the points."
            ).format(k=NEIGHBOURS, n=numbers.count(found.trust_points if found else 2000)),
        ),
    )
    for label, value, meaning in rows:
        st.metric(label, value, help=meaning)
    offer_download(
        _("Coordinates (CSV)"),
        partial(embed_data.as_csv, run, shown),
        f"{run.name}-{choice.method}.csv",
        help=_(
            "Index of the test image, label, x, y, reconstruction loss ({unit}), KL "
            "(nats) and {code}."
        ).format(unit=_(data.unit), code=_(data.code)),
    )


def settings_words(settings: Settings) -> str:
    """Say with what an embedding was computed: "5,000 codes, perplexity 30"."""
    codes = numbers.count(settings.points)
    if isinstance(settings, Tsne):
        return _("{n} codes, perplexity {perplexity}, seed {seed}").format(
            n=codes, perplexity=numbers.formatted(settings.perplexity, "g"), seed=settings.seed
        )
    return _("{n} codes, {neighbours} neighbours, least distance {distance}, seed {seed}").format(
        n=codes,
        neighbours=settings.n_neighbors,
        distance=numbers.formatted(settings.min_dist, "g"),
        seed=settings.seed,
    )


def no_way_back(run: Run, settings: Settings, *, is_shown: bool) -> None:
    """Say what t-SNE and UMAP cannot do, and where it can be done."""
    method = settings.method
    if is_shown:
        came = finished.find(run, settings) is not None
        words = (
            _("{settings}: it came with the model. Change a number above to compute another.")
            if came
            else "{settings}."
        )
        st.caption(words.format(settings=settings_words(settings)))
    st.caption(
        _(
            "{method} has no inverse: no picture can be decoded from a place in it. How "
            "far apart groups lie, and how large they are, means little; which points "
            "are neighbours means more."
        ).format(method=TITLES[method])
    )
    if not embed_data.run_data(run, run.version).is_continuous:
        return
    st.page_link(
        _EXPLORE,
        label=_("Decode places on the map in Explore"),
        icon=":material/explore:",
        query_params={"run": run.name},
    )
