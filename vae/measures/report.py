"""All figures of a run: measured one after the other, and kept next to it."""

import contextlib
import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from vae.data import known_spec, load_for
from vae.errors import RunError, UserError
from vae.locale import N_, _, as_now, spoken
from vae.measures import MEASURES, Subject
from vae.measures.likelihood import check_samples
from vae.runs import EVALUATION_FILE, Run
from vae.runs.checkpoint import load_model
from vae.runs.checks import is_number_or_none
from vae.runs.files import MODEL_FILE
from vae.storage import locks
from vae.storage.files import read_bytes, read_json, write_atomic
from vae.training.metrics import check_images, evaluate

FILE = "measures.json"
"""In a run's directory. Shipped runs came with theirs; what is measured again lies in a cache."""
SCHEMA_VERSION = 1

OnProgress = Callable[[str, float], None]
"""Told what is measured now, and the share of all work that is done."""

_STANDARD = N_("Standard figures")
_NOT_FINITE = N_("It came out as no finite number on these images.")


def measure(subject: Subject, on_progress: OnProgress | None = None) -> dict[str, Any]:
    """Return the standard figures and those of :data:`vae.measures.MEASURES`.

    Returns
    -------
    dict
        What :func:`vae.training.metrics.evaluate` returns, and each measure under its name, None
        where it has no meaning; ``not_applicable`` then has the reason. ``details`` has, by name,
        what belongs to a figure: standard errors, how many images, what to compare it with.
    """
    # The log-likelihood takes most of the time, and more the larger K: a share for each hundred.
    weights = {_STANDARD: 2.0} | dict.fromkeys(MEASURES, 1.0)
    weights["log_likelihood"] += subject.num_samples / 100
    total, done = sum(weights.values()), 0.0

    def progress(name: str, share: float) -> None:
        if on_progress:
            title = MEASURES[name].title if name in MEASURES else _(name)
            on_progress(title, (done + weights[name] * share) / total)

    progress(_STANDARD, 0.0)
    figures = dict(subject.standard)
    done += weights[_STANDARD]
    reasons: dict[str, str] = dict(figures.pop("not_applicable", {}))
    details: dict[str, Any] = {}
    for name in MEASURES:
        progress(name, 0.0)
        subject.on_share = partial(progress, name)
        figures[name], details[name], reason = _measured(name, subject)
        done += weights[name]
        if reason:
            reasons[name] = reason
    if on_progress:
        on_progress(_("Done"), 1.0)
    return {**figures, "details": details, "not_applicable": reasons}


def _measured(name: str, subject: Subject) -> tuple[Any, dict[str, Any], str]:
    """Return a measure's value, its details, and why there is no value, if so."""
    kind = MEASURES[name]
    reason = kind.why_not(subject)
    if reason is not None:
        return None, {}, reason
    try:
        found = kind.function(subject)
    except UserError as error:
        return None, {}, str(error)
    value, details = _finite(found.value), _finite(found.details)
    return value, details, "" if value is not None else _NOT_FINITE


def _finite(value: Any) -> Any:
    """Return what JSON can hold: None in the place of a number that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_finite(part) for part in value]
    return value


# ---- on disk -------------------------------------------------------------------------------------


def path_of(run: Run) -> Path:
    """Return where the figures of a run are kept once they are measured."""
    if run.config.shipped:
        return run.directory.parent / ".cache" / "measures" / f"{run.name}.json"
    return run.directory / FILE


def _mark(run: Run) -> str:
    """Return what changes with the weights, the images and the meaning of the figures."""
    spec = known_spec(run.config.data.dataset)
    path = run.directory / MODEL_FILE
    stat = path.stat()
    about = f"{SCHEMA_VERSION} {spec.version if spec else ''}"
    return _mark_of(about, path.resolve(), (stat.st_mtime_ns, stat.st_size, stat.st_ino))


# A page asks at each of its reruns, and the weights of a run may be megabytes.
@lru_cache(maxsize=256)
def _mark_of(about: str, path: Path, _version: tuple[int, ...]) -> str:
    mark = hashlib.sha256(about.encode())
    mark.update(read_bytes(path, limit=2**40))
    return mark.hexdigest()[:16]


def read(run: Run) -> dict[str, Any] | None:
    """Return what :func:`measure_run` found last; None if it did not since the weights changed."""
    found = (_figures(path, run) for path in (path_of(run), run.directory / FILE))
    return next((figures for figures in found if figures is not None), None)


def _figures(path: Path, run: Run) -> dict[str, Any] | None:
    kept = _kept(path)
    try:
        return kept["figures"] if kept is not None and kept["mark"] == _mark(run) else None
    except OSError:
        return None


def is_whole(path: Path) -> bool:
    """Whether a file holds figures as :func:`write` keeps them, of whatever weights."""
    return _kept(path) is not None


def _kept(path: Path) -> dict[str, Any] | None:
    try:
        kept = read_json(path, ("figures", "mark"))
    except RunError:
        return None
    return kept if _are_figures(kept["figures"]) else None


def _are_figures(figures: object) -> bool:
    """Whether this is what :func:`measure` returns: a file may have been edited."""
    if not isinstance(figures, dict):
        return False
    details, reasons = figures.get("details"), figures.get("not_applicable")
    return (
        isinstance(details, dict)
        and all(isinstance(found, dict) for found in details.values())
        and isinstance(reasons, dict)
        and all(isinstance(reason, str) for reason in reasons.values())
        and all(_is_value(figures.get(name)) for name in MEASURES)
    )


def _is_value(value: object) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    return all(map(is_number_or_none, value if isinstance(value, list) else [value]))


class Measured(NamedTuple):
    """The figures of a run, before they are kept."""

    figures: dict[str, Any]
    """As :func:`measure` returns them."""
    standard: dict[str, Any]
    """Those that ``evaluate`` alone measures."""
    mark: str


def measure_run(run: Run, num_samples: int, on_progress: OnProgress | None = None) -> Measured:
    """Measure a run on its test images; see :func:`measure`.

    Raises UserError if the model or the images are not there or do not fit, or ``num_samples`` is
    out of bounds.
    """
    check_samples(num_samples)
    model = load_model(run.directory)
    # Before the figures, so that they do not pass for those of weights that come meanwhile.
    mark = _mark(run)
    data = load_for(run.config.data)
    check_images(run.config.model, data)
    subject = Subject(model.eval(), data, num_samples)
    told = as_now(on_progress) if on_progress else None
    with spoken("en"):  # Reasons are kept with the figures, and told again where they are shown.
        return Measured(measure(subject, told), subject.standard, mark)


def measure_standard(run: Run) -> dict[str, Any]:
    """Measure the standard figures of a run, and keep them where it is no shipped one.

    Raises UserError if the model or the images are not there or do not fit.
    """
    figures = evaluate(load_model(run.directory), load_for(run.config.data))
    if not run.config.shipped:
        write_standard(run, figures)
    return figures


def write_standard(run: Run, figures: dict[str, Any]) -> None:
    """Keep the standard figures of a run in its directory."""
    write_atomic(run.directory / EVALUATION_FILE, json.dumps(figures, indent=2).encode())


@contextlib.contextmanager
def alone(run: Run) -> Iterator[None]:
    """Let no other process measure a run meanwhile: the figures of two would be mixed.

    Raises RunError if another one does.
    """
    with contextlib.ExitStack() as stack:
        try:
            path = path_of(run).with_suffix(".lock")
            path.parent.mkdir(parents=True, exist_ok=True)
            is_mine = stack.enter_context(locks.hold(path))
        except OSError:
            is_mine = True  # Nothing can be written there, so nothing can be mixed.
        if not is_mine:
            raise RunError(
                _("{run} is being measured by another process: wait until that is done.").format(
                    run=run.name
                )
            )
        yield


def write(path: Path, measured: Measured) -> None:
    """Write figures with the mark of what they were measured on."""
    content = {"mark": measured.mark, "figures": measured.figures}
    write_atomic(path, json.dumps(content, indent=2, allow_nan=False).encode())


def keep(run: Run, measured: Measured) -> None:
    """Write the figures where :func:`read` finds them, and the standard ones of an own run.

    Raises RunError if the folder cannot be written.
    """
    path = path_of(run)
    try:
        if run.config.shipped:
            path.parent.mkdir(parents=True, exist_ok=True)
        else:
            write_standard(run, measured.standard)
        write(path, measured)
    except OSError as error:
        raise RunError(
            _(
                "the figures cannot be kept, as {filename} cannot be written ({reason}): "
                "make the folder of the runs writable."
            ).format(filename=error.filename or path, reason=error.strerror or error)
        ) from None
