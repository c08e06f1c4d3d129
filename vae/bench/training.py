"""Benches of training: an epoch against the usual script, and how weights should start."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
import psutil
import torch
from torch import nn

from vae.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from vae.data import DatasetSpec, data_dir, load, spec_of, status
from vae.errors import TrainingError
from vae.locale import _
from vae.locale.numbers import formatted
from vae.models.nets import INITS, initialise
from vae.runs import STATUS_FILE
from vae.training.loop import EpochReport, TrainState, fit

Echo = Callable[[str], None]

PROJECT = Path(__file__).resolve().parents[2]
"""The folder that ``python -m vae`` is started in."""

QUIET_CORES = 0.2
"""Other processes may keep this much of a core busy without a word about it."""

_POLL_S = 0.02
_CELL = 4


def _write_pictures(spec: DatasetSpec, root: Path) -> None:
    """Write random files in a data set's own format and size."""
    rng = np.random.default_rng(0)
    folder = root / spec.folder
    folder.mkdir(parents=True)
    for file in spec.files:
        with (folder / file.name).open("wb") as target:
            target.write(file.header)
            if len(file.shape) == 1:
                labels = rng.integers(0, len(spec.class_names), file.shape, dtype=np.uint8)
                target.write(labels.tobytes())
                continue
            count, height, width = file.shape
            cells = rng.integers(0, 256, (count, height // _CELL, width // _CELL), dtype=np.uint8)
            # About one pixel in five is ink in MNIST.
            cells[rng.random(cells.shape) < 0.8] = 0
            target.write(cells.repeat(_CELL, axis=1).repeat(_CELL, axis=2).tobytes())


@contextlib.contextmanager
def image_folder(dataset: str, echo: Echo) -> Iterator[tuple[Path, bool]]:
    """Yield where a data set lies, and whether it is random pictures that stand in for it.

    They do for speed, as it depends on sizes alone.
    """
    now = status(dataset)
    if now.ready:
        yield data_dir().resolve(), False
        return
    echo(_("  {message} Measured on random pictures of the same size.").format(message=now.message))
    with tempfile.TemporaryDirectory(prefix="vae-bench-") as folder:
        _write_pictures(spec_of(dataset), Path(folder))
        yield Path(folder), True


class Neighbours:
    """How much of the machine other processes took since this was made, in cores.

    Two threads of torch that share two cores with anything else wait for one another: an epoch can
    take ten times as long, so such figures are worth nothing.
    """

    def __init__(self) -> None:
        self._began, self._busy = time.perf_counter(), self._busy_s()

    @staticmethod
    def _busy_s() -> float:
        # All seconds of work but our own and those of processes that we started and saw end.
        times = psutil.cpu_times()
        everyone = sum(times[:3])  # user, nice, system; on Windows user, system, idle
        own = os.times()
        return float(everyone) - sum(own[:4])

    def cores(self) -> float | None:
        """Return the mean number of cores that others kept busy, None where it is not known."""
        if sys.platform == "win32":
            return None
        seconds = time.perf_counter() - self._began
        return max(0.0, (self._busy_s() - self._busy) / seconds)


def _start(arguments: Sequence[str], folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=PROJECT,
        env=os.environ | {"VAE_DATA_DIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _finish(process: subprocess.Popen[str], what: str) -> dict[str, Any]:
    """Wait for a process; return the JSON object that it printed last."""
    output, errors = process.communicate()
    if process.returncode:
        reason = (errors.strip() or _("it said nothing")).splitlines()[-1]
        raise TrainingError(
            _("{what} ended with exit code {returncode}: {reason}").format(
                what=what, returncode=process.returncode, reason=reason
            )
        )
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


def _epoch_ends(path: Path, process: subprocess.Popen[str]) -> dict[int, float]:
    """Watch a run's ``status.json``, its last file of an epoch; return when each epoch ended."""
    ends: dict[int, float] = {}
    while process.poll() is None:
        # Half a file is never seen, and the time belongs to the file that is open.
        with contextlib.suppress(OSError, ValueError, KeyError), path.open("rb") as file:
            written = os.fstat(file.fileno()).st_mtime_ns / 1e9
            epoch = int(json.load(file)["epoch"])
            if epoch:
                ends.setdefault(epoch, written)
        time.sleep(_POLL_S)
    return ends


def _ours(folder: Path, options: Sequence[str]) -> tuple[list[float], dict[str, Any]]:
    """Run the command line; return seconds from one epoch's end to the next, and its answer."""
    with tempfile.TemporaryDirectory(prefix="vae-bench-") as out:
        process = _start(
            ["vae", "train", *options, "--name", "bench", "--out", out, "--json"], folder
        )
        try:
            ends = _epoch_ends(Path(out) / "bench" / STATUS_FILE, process)
            answer = _finish(process, "python -m vae train")
        finally:
            process.kill()
    seen = sorted(ends.items())
    between = [(then - now) / (later - earlier) for (earlier, now), (later, then) in pairwise(seen)]
    # Epochs too short to be seen apart.
    return between or [answer["elapsed"] / answer["epochs"]], answer


def epoch(
    echo: Echo,
    *,
    dataset: str = "mnist",
    hidden: int = 400,
    latent_dim: int = 20,
    batch_size: int = 128,
    device: str = "auto",
    epochs: int = 3,
    rounds: int = 3,
) -> dict[str, Any]:
    """Time a training epoch of ``python -m vae train`` against the usual PyTorch script.

    Both run in fresh processes, by turns, so that a machine that slows down slows both. An epoch
    of ours lasts from the moment the last file of one epoch is on disk to that of the next:
    training, test terms, pictures, codes and all files. The first epoch of each process is left
    out.

    Returns
    -------
    dict
        Medians in seconds: ``ours_s``, ``reference_s`` (training and test epoch, as the script
        does), ``reference_train_s``; ``ratio`` of the first two, ``ratio_train_only`` against the
        script's training alone; the last test loss of both; and ``ours_command_s``, the whole
        command with its start. ``others_cores`` is how busy other processes kept the machine, in
        the worst round.
    """
    options = ["--dataset", dataset, "--hidden", str(hidden), "--latent-dim", str(latent_dim)]
    options += ["--batch-size", str(batch_size), "--epochs", str(epochs), "--device", device]
    times: dict[str, list[float]] = {"ours": [], "train": [], "both": [], "command": []}
    others: list[float] = []
    answer: dict[str, Any] = {}
    usual: dict[str, Any] = {}
    with image_folder(dataset, echo) as (folder, stand_in):
        for turn in range(rounds):
            neighbours = Neighbours()
            for who in ("usual", "ours") if turn % 2 == 0 else ("ours", "usual"):
                if who == "usual":
                    usual = _finish(
                        _start(["vae.bench.reference", *options], folder), _("the usual script")
                    )
                    first = min(1, len(usual["train_s"]) - 1)
                    train = usual["train_s"][first:]
                    both = [sum(pair) for pair in zip(train, usual["test_s"][first:], strict=True)]
                else:
                    began = time.perf_counter()
                    between, answer = _ours(folder, options)
                    times["command"].append(time.perf_counter() - began)
            for name, found in (("ours", between), ("train", train), ("both", both)):
                times[name] += found
            echo(
                _(
                    "  round {turn}: the usual script {both} s per epoch (training alone "
                    "{train}), ours {between}"
                ).format(
                    turn=turn + 1,
                    both=formatted(median(both), ".2f"),
                    train=formatted(median(train), ".2f"),
                    between=formatted(median(between), ".2f"),
                )
            )
            taken = neighbours.cores()
            others.append(taken or 0.0)
            if taken and taken > QUIET_CORES:
                echo(
                    _(
                        "  other processes kept {taken} cores busy meanwhile: measure again when "
                        "they rest."
                    ).format(taken=formatted(taken, ".1f"))
                )
    medians = {name: median(seconds) for name, seconds in times.items()}
    figures = {
        "ours_s": medians["ours"],
        "reference_s": medians["both"],
        "reference_train_s": medians["train"],
        "ratio": medians["ours"] / medians["both"],
        "ratio_train_only": medians["ours"] / medians["train"],
        "ours_command_s": medians["command"],
        "ours_test_loss": answer["test"]["loss"],
        "reference_test_loss": usual["test_loss"],
        "epochs": epochs,
        "rounds": rounds,
        "dataset": dataset,
        "random_pictures": stand_in,
        "others_cores": max(others),
    }
    echo(
        _(
            "  medians: ours {ours} s, the usual script {both} s: {ratio} of it "
            "({ratio_train_only} of its training alone); test loss after {epochs} "
            "epochs {ours_test_loss} and {reference_test_loss} nats"
        ).format(
            ours=formatted(medians["ours"], ".2f"),
            both=formatted(medians["both"], ".2f"),
            ratio=formatted(figures["ratio"], ".2f"),
            ratio_train_only=formatted(figures["ratio_train_only"], ".2f"),
            epochs=epochs,
            ours_test_loss=formatted(figures["ours_test_loss"], ".1f"),
            reference_test_loss=formatted(figures["reference_test_loss"], ".1f"),
        )
    )
    return figures


def _fresh_state(config: RunConfig, scheme: str) -> TrainState:
    state = TrainState(config)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.train.seed)
        for part in state.model.modules():
            if isinstance(part, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                part.reset_parameters()
        initialise(state.model, scheme)
    return state


def initialisation(
    echo: Echo,
    *,
    dataset: str = "mnist",
    hidden: tuple[int, ...] = (512, 256),
    latent_dims: Sequence[int] = (2, 20),
    seeds: Sequence[int] = (0, 1, 2),
    epochs: Sequence[int] = (1, 3),
) -> dict[str, Any]:
    """Measure -ELBO on the test images after some epochs for each way that weights can start.

    Raises DataError if the data set is not there: training on random pictures has no meaning.

    Returns ``figures``: one for each latent size, initialisation and epoch, with ``mean`` over
    seeds and the ``values``.
    """
    data = load(dataset)
    figures: list[dict[str, Any]] = []
    for d in latent_dims:
        for scheme in ("torch", *INITS):
            values: dict[int, list[float]] = {number: [] for number in epochs}
            for seed in seeds:
                config = RunConfig(
                    data=DataConfig(dataset=dataset),
                    model=ModelConfig(hidden=hidden, latent_dim=d, image_shape=data.shape),
                    train=TrainConfig(epochs=max(epochs), seed=seed),
                )
                for report in fit(config, data, _fresh_state(config, scheme)):
                    if isinstance(report, EpochReport) and report.epoch in values:
                        values[report.epoch].append(report.test.loss)
            for number, found in values.items():
                figures.append(
                    {"latent_dim": d, "init": scheme, "epoch": number,
                     "mean": mean(found), "values": found}
                )  # fmt: skip
            echo(
                _("  d = {d:<3} {scheme:<6} -ELBO ").format(d=d, scheme=scheme)
                + ", ".join(
                    _("epoch {number}: {mean} ({least} to {most})").format(
                        number=number,
                        mean=formatted(mean(found), ".2f"),
                        least=formatted(min(found), ".2f"),
                        most=formatted(max(found), ".2f"),
                    )
                    for number, found in values.items()
                )
            )
    return {"dataset": dataset, "seeds": list(seeds), "figures": figures}
