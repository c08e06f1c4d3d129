"""Downloads through torchvision's own code, from a server on this machine."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import json
import os
import platform
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest
import torch
from torchvision import datasets
from torchvision.datasets import utils

from vae.data import (
    DATASETS,
    DatasetSpec,
    DataStatus,
    get,
    load,
    status,
)
from vae.data import download as download_module
from vae.data.idx import IdxFile
from vae.errors import DataError
from vae.storage.locks import claim


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
                self.send_response(200)
                self.send_header("Content-Length", str(len(whole)))
                self.end_headers()
                sent = whole[: outer.cut.get(name, len(whole))]
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


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


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


def publish(
    spec: DatasetSpec, server: Server, monkeypatch: pytest.MonkeyPatch, cls: type[datasets.MNIST]
) -> DatasetSpec:
    """Serve archives of ``spec``, point torchvision's class to them, register what is served."""
    resources = []
    for file in spec.files:
        packed = gzip.compress(content(file), 1)
        server.files[f"{file.name}.gz"] = packed
        resources.append((f"{file.name}.gz", hashlib.md5(packed).hexdigest()))
    monkeypatch.setattr(cls, "mirrors", [server.url])
    monkeypatch.setattr(cls, "resources", resources)
    served = replace(spec, download_bytes=sum(map(len, server.files.values())))
    monkeypatch.setitem(DATASETS, spec.name, served)
    return served


def small(name: str, train: int = 300, test: int = 100) -> DatasetSpec:
    spec = DATASETS[name]
    sizes = (train, train, test, test)
    files = tuple(
        replace(file, shape=(size, *file.shape[1:]))
        for file, size in zip(spec.files, sizes, strict=True)
    )
    return replace(spec, files=files, train_size=train, test_size=test)


@pytest.fixture
def spec(server: Server, monkeypatch: pytest.MonkeyPatch) -> DatasetSpec:
    return publish(small("mnist"), server, monkeypatch, datasets.MNIST)


def everything(root: Path) -> set[str]:
    return {path.name for path in root.rglob("*") if path.is_file()}


def whole_set(spec: DatasetSpec) -> set[str]:
    return {file.name for file in spec.files}


def check_failure(root: Path, name: str = "mnist") -> None:
    """Nothing looks ready, nothing is left behind, torchvision and sockets are as before."""
    assert status(name, root).state == "missing"
    assert not everything(root)
    assert socket.getdefaulttimeout() is None
    assert utils.tqdm is not download_module._SilentBar


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("mnist", datasets.MNIST),
        ("fashion-mnist", datasets.FashionMNIST),
        ("kmnist", datasets.KMNIST),
    ],
)
def test_download(
    name: str,
    cls: type[datasets.MNIST],
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    spec = publish(small(name), server, monkeypatch, cls)
    now = get(name, tmp_path)
    assert now.ready
    assert everything(tmp_path) == whole_set(spec)
    assert bytes(load(name, tmp_path).train.images.numpy()) == content(spec.files[0])[16:]
    assert capfd.readouterr() == ("", "")
    asked = len(server.asked)
    assert get(name, tmp_path) == now
    assert len(server.asked) == asked
    assert socket.getdefaulttimeout() is None


def test_download_of_full_size(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = publish(DATASETS["mnist"], server, monkeypatch, datasets.MNIST)
    assert get("mnist", tmp_path).ready
    assert everything(tmp_path) == whole_set(spec)
    assert load("mnist", tmp_path).train.images.shape == (60_000, 1, 28, 28)


def test_progress_only_grows(spec: DatasetSpec, server: Server, tmp_path: Path) -> None:
    server.pause, server.piece = 0.05, 8192
    seen: list[tuple[int, int]] = []
    threads = set()

    def progress(done: int, total: int) -> None:
        threads.add(threading.current_thread())
        seen.append((done, total))

    started = time.monotonic()
    get("mnist", tmp_path, progress)
    seconds = time.monotonic() - started
    done = [arrived for arrived, _ in seen]
    assert done == sorted(done)
    assert {total for _, total in seen} == {spec.download_bytes}
    assert done[-1] == spec.download_bytes
    assert len(set(done)) > 5
    assert len(seen) > 3 * seconds
    assert threads == {threading.current_thread()}


def test_progress_never_passes_the_total(
    spec: DatasetSpec, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DATASETS, "mnist", replace(spec, download_bytes=1000))
    server.pause, server.piece = 0.05, 16_384
    seen: list[int] = []
    get("mnist", tmp_path, lambda done, total: seen.append(done))
    assert max(seen) == 1000


def publish_emnist(server: Server, monkeypatch: pytest.MonkeyPatch) -> DatasetSpec:
    spec = small("emnist-letters", 60, 30)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in spec.files:
            if len(file.shape) == 3:
                whole = content(file)
            else:
                whole = file.header + bytes(1 + n % 26 for n in range(file.shape[0]))
            archive.writestr(f"gzip/{file.name}.gz", gzip.compress(whole))
        archive.writestr("gzip/emnist-byclass-train-images-idx3-ubyte.gz", b"of no use here")
    server.files["gzip.zip"] = buffer.getvalue()
    monkeypatch.setattr(datasets.EMNIST, "url", f"{server.url}gzip.zip")
    monkeypatch.setattr(datasets.EMNIST, "md5", hashlib.md5(buffer.getvalue()).hexdigest())
    served = replace(spec, download_bytes=len(buffer.getvalue()))
    monkeypatch.setitem(DATASETS, "emnist-letters", served)
    return served


def test_emnist(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = publish_emnist(server, monkeypatch)
    assert get("emnist-letters", tmp_path).ready
    assert everything(tmp_path) == whole_set(spec)
    data = load("emnist-letters", tmp_path)
    raw = torch.frombuffer(bytearray(content(spec.files[0])[16:]), dtype=torch.uint8)
    assert torch.equal(data.train.images[:, 0], raw.reshape(60, 28, 28).transpose(1, 2))
    assert data.train.labels[:27].tolist() == [*range(26), 0]
    # torchvision reads the files that are left here in the same way.
    theirs = datasets.EMNIST(str(tmp_path), split="letters", train=False)
    assert torch.equal(theirs.targets - 1, data.test.labels)


def test_emnist_that_was_changed_on_the_way(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_emnist(server, monkeypatch)
    server.files["gzip.zip"] = b"x" * len(server.files["gzip.zip"])
    with pytest.raises(DataError, match=r"changed on the way.*emnist-letters-train-images"):
        get("emnist-letters", tmp_path)
    check_failure(tmp_path, "emnist-letters")


def test_offline(spec: DatasetSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.MNIST, "mirrors", [closed_url(), closed_url()])
    with pytest.raises(DataError) as caught:
        get("mnist", tmp_path)
    message = str(caught.value)
    assert message.count("no connection (Connection refused)") == 2
    assert "check the connection" in message
    assert str(tmp_path / "MNIST" / "raw") in message
    assert all(f"{file.name}.gz" in message for file in spec.files)
    assert "\n" not in message
    check_failure(tmp_path)


def test_emnist_offline(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_emnist(server, monkeypatch)
    monkeypatch.setattr(datasets.EMNIST, "url", f"{closed_url()}gzip.zip")
    with pytest.raises(DataError, match=r"no connection \(Connection refused\)"):
        get("emnist-letters", tmp_path)
    check_failure(tmp_path, "emnist-letters")


def test_second_mirror_helps(
    spec: DatasetSpec, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets.MNIST, "mirrors", [closed_url(), server.url])
    assert get("mnist", tmp_path).ready


def test_server_without_the_file(spec: DatasetSpec, server: Server, tmp_path: Path) -> None:
    del server.files[f"{spec.files[2].name}.gz"]
    with pytest.raises(DataError, match="the server answered 404 Not Found"):
        get("mnist", tmp_path)
    check_failure(tmp_path)


def test_transfer_that_breaks_off(spec: DatasetSpec, server: Server, tmp_path: Path) -> None:
    server.cut[f"{spec.files[0].name}.gz"] = 50_000
    with pytest.raises(DataError, match="broke off"):
        get("mnist", tmp_path)
    check_failure(tmp_path)


def test_wrong_checksum(spec: DatasetSpec, server: Server, tmp_path: Path) -> None:
    server.files[f"{spec.files[1].name}.gz"] = gzip.compress(b"a portal's log-in page")
    with pytest.raises(DataError, match="changed on the way"):
        get("mnist", tmp_path)
    check_failure(tmp_path)


def test_archive_of_other_images(
    spec: DatasetSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DATASETS, "mnist", small("mnist", 299, 100))
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte is not MNIST"):
        get("mnist", tmp_path)
    check_failure(tmp_path)


def test_silent_server(
    spec: DatasetSpec, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "TIMEOUT_S", 0.3)
    server.silent.set()
    started = time.monotonic()
    with pytest.raises(DataError, match=r"the server sent nothing for 0\.3 seconds"):
        get("mnist", tmp_path)
    assert time.monotonic() - started < 5
    check_failure(tmp_path)


def test_server_that_falls_silent(
    spec: DatasetSpec, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "TIMEOUT_S", 0.3)
    server.pause = 20
    with pytest.raises(DataError, match=r"the server sent nothing for 0\.3 seconds"):
        get("mnist", tmp_path)
    check_failure(tmp_path)


@pytest.mark.parametrize("file", [0, 3])
def test_only_damaged_files_are_replaced(
    spec: DatasetSpec, server: Server, tmp_path: Path, file: int
) -> None:
    get("mnist", tmp_path)
    folder = tmp_path / "MNIST" / "raw"
    for item in spec.files:
        # A user's own copy, with other pixels, is not ours to overwrite.
        (folder / item.name).write_bytes(item.header + bytes(item.size - len(item.header)))
    (folder / spec.files[file].name).write_bytes(b"half")
    assert status("mnist", tmp_path).state == "damaged"
    assert get("mnist", tmp_path).ready
    for index, item in enumerate(spec.files):
        own = not any((folder / item.name).read_bytes()[len(item.header) :])
        assert own == (index != file)


def test_archive_that_only_seems_whole_is_replaced(
    spec: DatasetSpec, server: Server, tmp_path: Path
) -> None:
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for file in spec.files:
        packed = bytearray(server.files[f"{file.name}.gz"])
        packed[-8] ^= 1
        (folder / f"{file.name}.gz").write_bytes(packed)
    assert status("mnist", tmp_path).ready
    assert get("mnist", tmp_path).ready
    assert len(load("mnist", tmp_path).train) == spec.train_size


def test_full_disk(spec: DatasetSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(utils, "_urlretrieve", write)
    with pytest.raises(DataError, match=r"disk is full: MNIST needs about 1 MB.*VAE_DATA_DIR"):
        get("mnist", tmp_path)
    check_failure(tmp_path)


def test_too_little_room_is_seen_before(
    spec: DatasetSpec, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DATASETS, "mnist", replace(spec, download_bytes=10**18))
    with pytest.raises(DataError, match="disk is full"):
        get("mnist", tmp_path)
    assert not server.asked


def test_no_permission(spec: DatasetSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        with pytest.raises(DataError, match=r"cannot be saved in .*Permission denied.*your own"):
            get("mnist", tmp_path)
    check_failure(tmp_path)


def test_root_that_is_a_file(spec: DatasetSpec, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(DataError, match=r"cannot be saved in"):
        get("mnist", tmp_path / "data")


def test_progress_that_raises_ends_the_download(
    spec: DatasetSpec, server: Server, tmp_path: Path
) -> None:
    server.pause, server.piece = 0.05, 4096

    def leave(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get("mnist", tmp_path, leave)
    check_failure(tmp_path)
    assert len(server.asked) == 2  # the look for a redirect, and the first archive
    server.pause = 0
    assert get("mnist", tmp_path).ready


def test_two_sessions(spec: DatasetSpec, server: Server, tmp_path: Path) -> None:
    server.pause, server.piece = 0.05, 16_384
    running = threading.Event()
    answers: list[DataStatus] = []
    first = threading.Thread(
        target=lambda: answers.append(
            get("mnist", tmp_path, lambda done, total: running.set() if done else None)
        )
    )
    first.start()
    assert running.wait(20)
    with pytest.raises(DataError, match="MNIST is being downloaded already"):
        get("mnist", tmp_path)
    first.join(60)
    assert answers[0].ready
    assert everything(tmp_path) == whole_set(spec)


CHILD = """
import json, sys
from dataclasses import replace
from torchvision import datasets
from vae.data import DATASETS, get
from vae.data.idx import IdxFile
url, resources, files, root = json.loads(sys.argv[1])
datasets.MNIST.mirrors, datasets.MNIST.resources = [url], resources
files = tuple(IdxFile(name, tuple(shape)) for name, shape in files)
DATASETS["mnist"] = replace(DATASETS["mnist"], files=files)
get("mnist", root, lambda done, total: print(done, flush=True) if done else None)
"""


def test_killed_in_the_middle(spec: DatasetSpec, server: Server, tmp_path: Path) -> None:
    server.pause, server.piece = 0.2, 4096
    files = [(file.name, file.shape) for file in spec.files]
    settings = json.dumps([server.url, datasets.MNIST.resources, files, str(tmp_path)])
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, settings], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert int(child.stdout.readline()) > 0
        with pytest.raises(DataError, match="downloaded already"):
            get("mnist", tmp_path)
        child.kill()
    assert ".mnist-download.lock" in everything(tmp_path)
    assert status("mnist", tmp_path).state == "missing"
    server.pause = 0
    assert get("mnist", tmp_path).ready
    assert everything(tmp_path) == whole_set(spec)


def lock_text(**other: object) -> str:
    mine = {"pid": os.getpid(), "started": psutil.Process().create_time()}
    return json.dumps({**mine, "host": platform.node(), **other})


@pytest.mark.parametrize(
    ("text", "age", "held"),
    [
        (lock_text(), 0, True),
        (lock_text(), 10_000, True),
        (lock_text(started=1.0), 0, False),
        (lock_text(pid=2**30), 0, False),
        (lock_text(pid=-5), 0, False),
        (lock_text(host="elsewhere"), 0, True),
        (lock_text(host="elsewhere"), 3600, False),
        ("", 0, True),
        ("", 60, False),
        ("[1]", 60, False),
    ],
)
def test_lock(tmp_path: Path, text: str, age: float, held: bool) -> None:
    path = tmp_path / "lock"
    path.write_text(text)
    os.utime(path, (time.time() - age,) * 2)
    if held:
        with pytest.raises(DataError, match=r"downloaded already.*delete"), claim(path, "MNIST"):
            pass
        assert path.read_text() == text
    else:
        with claim(path, "MNIST"):
            assert json.loads(path.read_text())["pid"] == os.getpid()
        assert not path.exists()


def test_lock_of_another_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with claim(path, "MNIST"):
        path.write_text("taken over")
    assert path.read_text() == "taken over"
