"""A small data set on a server of this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from idx_server import Server, publish, small

from vae.data import DatasetSpec


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def spec(server, monkeypatch) -> DatasetSpec:
    return publish(small("mnist"), server, monkeypatch)


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    """The data directory of each test."""
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"
