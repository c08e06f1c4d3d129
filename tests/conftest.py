"""Fixtures that several files share: small data sets, small runs, the command line."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from commands import Answer, Cli, process_env
from hypothesis import settings

from vae import runs
from vae.cli.app import main
from vae.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from vae.data import DATASETS, DatasetSpec, ImageData, Split, data_dir, load, status
from vae.runs import Run
from vae.storage import locks

os.environ["VAE_LANGUAGE"] = "en"  # whatever the machine speaks

if "PYTEST_XDIST_WORKER" in os.environ:
    # The workers share the cores: each process that a test starts takes one as well.
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)

# A process in waiting is for those who press Start, not for each server of a test.
os.environ.setdefault("VAE_WARM_MINUTES", "0")

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """Folder of real MNIST; VAE_REQUIRE_MNIST=1 (in CI) turns its absence into a failure."""
    now = status("mnist")
    if not now.ready:
        if os.environ.get("VAE_REQUIRE_MNIST") == "1":
            pytest.fail(now.message)
        pytest.skip(now.message)
    return data_dir()


@pytest.fixture(autouse=True)
def command_patience(monkeypatch) -> None:
    """Wait for locks as a command does, also after a page has been run in this process."""
    monkeypatch.setattr(locks, "patience_s", 20.0)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Sums come out the same to the last bit in one thread, and tiny products are faster."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def synthetic(
    shape: tuple[int, int, int], train: int = 60, test: int = 30, classes: int = 3
) -> ImageData:
    """Images of ``classes`` kinds: a bright band in its own rows, and noise."""

    def split(count: int, seed: int) -> Split:
        generator = torch.Generator().manual_seed(seed)
        images = torch.randint(0, 60, (count, *shape), generator=generator)
        labels = torch.arange(count) % classes
        rows = shape[1] // classes
        for label in range(classes):
            images[labels == label, :, label * rows : (label + 1) * rows] += 190
        return Split(images.to(torch.uint8), labels)

    names = tuple("abcdefghij"[:classes])
    return ImageData("synthetic", shape, names, split(train, 1), split(test, 2))


@pytest.fixture(scope="session")
def make_data() -> Callable[..., ImageData]:
    """Make a small data set of a given shape."""
    return synthetic


@pytest.fixture(scope="session")
def digits() -> ImageData:
    """scikit-learn's digits."""
    return load("digits")


@pytest.fixture(scope="session")
def few_digits(digits) -> ImageData:
    """The first 96 and 40 of scikit-learn's digits."""
    return replace(digits, train=digits.train[:96], test=digits.test[:40])


@pytest.fixture
def tiny(monkeypatch, one_thread) -> ImageData:
    """A data set ``tiny`` of 1 x 6 x 6 images in the registry, as real ones are."""
    data = synthetic((1, 6, 6))
    spec = DatasetSpec(
        name="tiny",
        title="Tiny",
        shape=data.shape,
        class_names=data.class_names,
        train_size=len(data.train),
        test_size=len(data.test),
        licence="none",
        source="made up",
        read=lambda folder, files: (data.train, data.test),
    )
    monkeypatch.setitem(DATASETS, "tiny", spec)
    return data


@pytest.fixture
def make_config() -> Callable[..., RunConfig]:
    """Settings of a small run on ``tiny``."""

    def make(name: str = "one", **values: Any) -> RunConfig:
        model = {key: values.pop(key) for key in list(values) if key in ModelConfig.model_fields}
        return RunConfig(
            name=name,
            data=DataConfig(dataset=values.pop("dataset", "tiny")),
            model=ModelConfig(**{"hidden": (8,), "image_shape": (1, 6, 6)} | model),
            train=TrainConfig(**{"epochs": 3, "batch_size": 16, "device": "cpu"} | values),
        )

    return make


@pytest.fixture
def trained(tiny, tmp_path, make_config) -> Run:
    """A finished small run, ``<tmp_path>/checkpoints/one``."""
    from vae.training.trainer import train_run

    run = runs.create(make_config(), tmp_path / "checkpoints")
    train_run(run)
    return run


@pytest.fixture
def shipped(trained) -> Run:
    """The finished small run, marked as one that came with the program."""
    config = trained.config.model_copy(update={"shipped": True})
    (trained.directory / "config.json").write_text(config.to_json())
    return trained


@pytest.fixture
def cli(monkeypatch, capsys, tmp_path) -> Cli:
    """Run a command in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*args: object) -> Answer:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["vae", *map(str, args)])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        code = stopped.value.code
        return Answer(code if isinstance(code, int) else 0 if code is None else 1, out, err)

    return run


@pytest.fixture
def spawn(tmp_path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start ``python -m vae`` as a process of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(*args: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "vae", *map(str, args)],
            cwd=tmp_path,
            env=process_env(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def cli_process(spawn) -> Cli:
    """Run a command as a process and wait for it."""

    def run(*args: object) -> Answer:
        process = spawn(*args)
        out, err = process.communicate()
        return Answer(process.returncode, out, err)

    return run
