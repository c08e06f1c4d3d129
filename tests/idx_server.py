"""A server on this machine that offers small data sets, and can fail in many ways."""

import gzip
import hashlib
import socket
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from vae.data import DATASETS, DatasetSpec, get, status
from vae.data.idx import IdxFile
from vae.data.sources import Remote
from vae.errors import DataError


class Server:
    """Serves ``files`` by name on the loopback address, well or badly."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut: dict[str, int] = {}  # only so many bytes of a file, then it hangs up
        self.pause = 0.0  # seconds between pieces
        self.piece = 1 << 16
        self.silent = threading.Event()  # when set: take requests and never answer
        self.over = threading.Event()
        self.asked: list[str] = []
        self.ranges = True  # can begin in the middle
        self.begun: list[int] = []  # where each answer began
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.rsplit("/", 1)[-1]
                outer.asked.append(name)
                if outer.silent.is_set():
                    outer.over.wait(30)
                    return
                if name not in outer.files:
                    self.send_error(404)
                    return
                whole = outer.files[name]
                asked = self.headers.get("Range", "bytes=0-") if outer.ranges else "bytes=0-"
                first = int(asked.removeprefix("bytes=").removesuffix("-"))
                if first >= len(whole):
                    self.send_error(416)
                    return
                outer.begun.append(first)
                self.send_response(206 if first else 200)
                self.send_header("Content-Length", str(len(whole) - first))
                if first:
                    last = len(whole) - 1
                    self.send_header("Content-Range", f"bytes {first}-{last}/{len(whole)}")
                self.end_headers()
                sent = whole[first : outer.cut.get(name, len(whole))]
                try:
                    for start in range(0, len(sent), outer.piece):
                        self.wfile.write(sent[start : start + outer.piece])
                        if outer.over.wait(outer.pause):
                            return
                except OSError:
                    pass  # the client has gone

            def log_message(self, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}/"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.over.set()
        self.http.shutdown()
        self.http.server_close()


def closed_url() -> str:
    """Return an address where nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{sock.getsockname()[1]}/"


def content(file: IdxFile, classes: int = 10) -> bytes:
    """Bytes of a whole file; noise, so that it does not shrink when it is packed."""
    generator = torch.Generator().manual_seed(len(file.name))
    top = 256 if len(file.shape) == 3 else classes
    numbers = torch.randint(top, file.shape, generator=generator, dtype=torch.uint8)
    return file.header + numbers.numpy().tobytes()


def publish(spec: DatasetSpec, server: Server, monkeypatch: pytest.MonkeyPatch) -> DatasetSpec:
    """Serve archives of ``spec`` and register what is served."""
    for file in spec.files:
        server.files[f"{file.name}.gz"] = gzip.compress(content(file), 1)
    sums = tuple(hashlib.md5(packed).hexdigest() for packed in server.files.values())
    remote = Remote((server.url,), sums)
    size = sum(map(len, server.files.values()))
    served = replace(spec, download_bytes=size, remote=remote)
    monkeypatch.setitem(DATASETS, spec.name, served)
    return served


def use_mirrors(spec: DatasetSpec, monkeypatch: pytest.MonkeyPatch, *mirrors: str) -> None:
    remote = replace(spec.remote, mirrors=mirrors)
    monkeypatch.setitem(DATASETS, spec.name, replace(spec, remote=remote))


def small(name: str, train: int = 300, test: int = 100) -> DatasetSpec:
    spec = DATASETS[name]
    sizes = (train, train, test, test)
    files = tuple(
        replace(file, shape=(size, *file.shape[1:]))
        for file, size in zip(spec.files, sizes, strict=True)
    )
    return replace(spec, files=files, train_size=train, test_size=test)


def everything(root: Path) -> set[str]:
    return {path.name for path in root.rglob("*") if path.is_file()}


def whole_set(spec: DatasetSpec) -> set[str]:
    return {file.name for file in spec.files}


def partly(name: str = "mnist") -> str:
    return f".{name}-download"


def check_failure(root: Path, name: str = "mnist", *, kept: bool = False) -> None:
    """Nothing looks ready, and nothing is left behind but what a later try can go on from."""
    assert status(name, root).state == "missing"
    assert bool(everything(root)) == kept
    for path in root.rglob("*"):
        assert path.is_dir() or path.parent.name == partly(name)


def refused(root: Path, match: str, name: str = "mnist", *, kept: bool = False) -> None:
    """A download is refused in a sentence, and leaves what :func:`check_failure` says."""
    with pytest.raises(DataError, match=match):
        get(name, root)
    check_failure(root, name, kept=kept)
