"""Small runs that many files look at on their pages, and what the pages hand over."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from family_runs import make_families, make_run

from vae.runs import Run, queue
from vae.ui.embeddings import scatter


@pytest.fixture(autouse=True)
def own_machine(monkeypatch) -> None:
    """The browser runs on the server's machine, as far as Streamlit tells."""
    monkeypatch.setattr(type(st.context), "ip_address", None)


def _join_embeddings() -> None:
    """Wait for what pages have asked for and not waited for: it must not outlive its folder."""
    for thread in threading.enumerate():
        if thread.name == "embeddings":
            thread.join()


@pytest.fixture(scope="session")
def families(tmp_path_factory) -> Iterator[dict[str, Run]]:
    """A run of each family, and one told of two classes only, black and white."""
    yield make_families(tmp_path_factory.mktemp("families"))
    _join_embeddings()


@pytest.fixture
def made(families, monkeypatch) -> dict[str, Run]:
    """The runs of the families, as those of the app."""
    monkeypatch.setenv("VAE_RUNS_DIR", str(families["vae"].directory.parent))
    return families


@pytest.fixture(scope="session")
def small_runs(tmp_path_factory) -> Iterator[Path]:
    """A folder with a small VAE for some latent sizes."""
    root = tmp_path_factory.mktemp("runs")
    for d in (1, 2, 3, 20, 128):
        make_run(root, f"small-{d}d", latent_dim=d)
    yield root
    _join_embeddings()


@pytest.fixture
def own_runs(small_runs, monkeypatch) -> Path:
    """The folder of small VAEs, as that of the app."""
    monkeypatch.setenv("VAE_RUNS_DIR", str(small_runs))
    return small_runs


@pytest.fixture
def only(tmp_path, monkeypatch) -> Callable[..., Path]:
    """Copy runs to a folder of their own, which is that of the app from now on."""

    def take(*found: Path) -> Path:
        for run in found:
            shutil.copytree(run, tmp_path / "runs" / run.name)
        monkeypatch.setenv("VAE_RUNS_DIR", str(tmp_path / "runs"))
        return tmp_path / "runs"

    return take


@pytest.fixture
def own_run(small_runs, only) -> Path:
    """A copy of a small VAE, the only run of the app, to do harm to."""
    return only(small_runs / "small-2d") / "small-2d"


@pytest.fixture
def without_data(tmp_path, monkeypatch):
    """The app with the shipped runs, and no data but the embedded digits."""
    monkeypatch.delenv("VAE_RUNS_DIR", raising=False)
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def shown(monkeypatch) -> dict[str, Any]:
    """What the Embeddings page gives the scatter plot."""
    found: dict[str, Any] = {}
    real = scatter._scatter

    def spy(**arguments: Any) -> Any:
        found.update(arguments["data"])
        return real(**arguments)

    monkeypatch.setattr(scatter, "_scatter", spy)
    return found


@pytest.fixture
def offered(monkeypatch) -> dict[str, Any]:
    """What pages give out, by the names of the files: bytes, or what makes them when pressed."""
    found: dict[str, Any] = {}
    real = st.download_button

    def spy(label: str, data: Any, file_name: str, *more: Any, **widget: Any) -> Any:
        found[file_name] = data
        return real(label, data, file_name, *more, **widget)

    monkeypatch.setattr(st, "download_button", spy)
    return found


@pytest.fixture
def submitted(tmp_path, monkeypatch) -> list[Run]:
    """The runs that a page has handed over; none is trained."""
    found: list[Run] = []
    monkeypatch.setenv("VAE_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path / "data"))

    def submit(run: Run) -> None:
        found.append(run)
        status = run.status().model_dump() | {"state": "queued", "error": None, "queued_at": 1.0}
        run.write_status(type(run.status())(**status))

    monkeypatch.setattr(queue, "submit", submit)
    monkeypatch.setattr(queue, "start_next", lambda root: None)
    return found
