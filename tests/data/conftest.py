"""A small data set on a server of this machine."""

from collections.abc import Iterator

import pytest
from idx_server import Server, publish, small

from vae.data import DatasetSpec


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def spec(server: Server, monkeypatch: pytest.MonkeyPatch) -> DatasetSpec:
    return publish(small("mnist"), server, monkeypatch)
