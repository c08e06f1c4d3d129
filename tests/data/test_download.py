"""Downloads from a server on this machine."""

import errno
import gzip
import hashlib
import io
import json
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from idx_server import (
    Server,
    check_failure,
    closed_url,
    content,
    everything,
    partly,
    publish,
    refused,
    small,
    use_mirrors,
    whole_set,
)
from torchvision import datasets

from vae.data import DATASETS, DatasetSpec, DataStatus, get, load, status, transfer
from vae.data.sources import Remote
from vae.errors import DataError


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "kmnist"])
def test_download(
    name,
    server,
    tmp_path,
    monkeypatch,
    capfd,
):
    spec = publish(small(name), server, monkeypatch)
    now = get(name, tmp_path)
    assert now.ready
    assert everything(tmp_path) == whole_set(spec)
    assert bytes(load(name, tmp_path).train.images.numpy()) == content(spec.files[0])[16:]
    assert capfd.readouterr() == ("", "")
    asked = len(server.asked)
    assert get(name, tmp_path) == now
    assert len(server.asked) == asked


def test_download_of_full_size(server, tmp_path, monkeypatch):
    spec = publish(DATASETS["mnist"], server, monkeypatch)
    assert get("mnist", tmp_path).ready
    assert everything(tmp_path) == whole_set(spec)
    assert load("mnist", tmp_path).train.images.shape == (60_000, 1, 28, 28)


def test_progress_only_grows(spec, server, tmp_path):
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


def test_progress_never_passes_the_total(spec, server, tmp_path, monkeypatch):
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
    remote = Remote((server.url,), (hashlib.md5(buffer.getvalue()).hexdigest(),), "gzip.zip")
    served = replace(spec, download_bytes=len(buffer.getvalue()), remote=remote)
    monkeypatch.setitem(DATASETS, "emnist-letters", served)
    return served


def test_emnist(server, tmp_path, monkeypatch):
    spec = publish_emnist(server, monkeypatch)
    assert get("emnist-letters", tmp_path).ready
    assert everything(tmp_path) == whole_set(spec)
    data = load("emnist-letters", tmp_path)
    raw = torch.frombuffer(bytearray(content(spec.files[0])[16:]), dtype=torch.uint8)
    assert torch.equal(data.train.images[:, 0], raw.reshape(60, 28, 28).transpose(1, 2))
    assert data.train.images.is_contiguous()
    assert data.train.labels[:27].tolist() == [*range(26), 0]
    assert [data.class_names[label] for label in data.train.labels[:3]] == ["a", "b", "c"]
    # torchvision reads the files that are left here in the same way.
    theirs = datasets.EMNIST(str(tmp_path), split="letters", train=False)
    assert torch.equal(theirs.targets - 1, data.test.labels)


def test_emnist_that_was_changed_on_the_way_or_is_out_of_reach(server, tmp_path, monkeypatch):
    spec = publish_emnist(server, monkeypatch)
    server.files["gzip.zip"] = b"x" * len(server.files["gzip.zip"])
    refused(tmp_path, r"changed on the way.*emnist-letters-train-images", spec.name)
    use_mirrors(spec, monkeypatch, closed_url())
    refused(tmp_path, r"no connection \(Connection refused\)", spec.name)


def test_offline(spec, tmp_path, monkeypatch):
    use_mirrors(spec, monkeypatch, closed_url(), closed_url())
    with pytest.raises(DataError) as caught:
        get("mnist", tmp_path)
    message = str(caught.value)
    assert message.count("no connection (Connection refused)") == 2
    assert "check the connection" in message
    assert str(tmp_path / "MNIST" / "raw") in message
    assert all(f"{file.name}.gz" in message for file in spec.files)
    assert "\n" not in message
    check_failure(tmp_path)


def test_second_mirror_helps(spec, server, tmp_path, monkeypatch):
    use_mirrors(spec, monkeypatch, closed_url(), server.url)
    assert get("mnist", tmp_path).ready


def test_server_without_the_file(spec, server, tmp_path):
    del server.files[f"{spec.files[2].name}.gz"]
    refused(tmp_path, "the server answered 404 Not Found", kept=True)  # the archives before it


@pytest.mark.parametrize("ranges", [True, False])
def test_transfer_that_breaks_off(ranges, spec, server, tmp_path):
    name = f"{spec.files[0].name}.gz"
    server.cut[name], server.ranges = 50_000, ranges
    refused(tmp_path, "broke off", kept=True)
    assert everything(tmp_path) == {f"{name}.part"}
    server.cut.clear()
    server.begun.clear()
    seen: list[int] = []
    assert get("mnist", tmp_path, lambda done, total: seen.append(done)).ready
    assert server.begun == [50_000 if ranges else 0, 0, 0, 0]
    assert seen == sorted(seen)
    assert everything(tmp_path) == whole_set(spec)
    assert bytes(load("mnist", tmp_path).train.images.numpy()) == content(spec.files[0])[16:]


def test_another_mirror_goes_on_where_the_first_broke_off(spec, server, tmp_path, monkeypatch):
    whole = Server()
    whole.files |= server.files
    server.cut[f"{spec.files[0].name}.gz"] = 50_000
    use_mirrors(spec, monkeypatch, server.url, whole.url)
    assert get("mnist", tmp_path).ready
    assert whole.begun == [50_000]
    whole.close()


def test_what_was_left_of_another_file_is_not_used(spec, server, tmp_path):
    """Neither too short a beginning nor one that is longer than the file."""
    parts = tmp_path / "MNIST" / partly()
    parts.mkdir(parents=True)
    for file, length in zip(spec.files, (1000, 10**6, 50, 10**5), strict=True):
        (parts / f"{file.name}.gz.part").write_bytes(b"x" * length)
    assert get("mnist", tmp_path).ready
    assert everything(tmp_path) == whole_set(spec)


def test_wrong_checksum(spec, server, tmp_path):
    name = f"{spec.files[1].name}.gz"
    right, server.files[name] = server.files[name], gzip.compress(b"a portal's log-in page")
    refused(tmp_path, "changed on the way", kept=True)
    assert everything(tmp_path) == {f"{spec.files[0].name}.gz"}, "what is wrong is not kept"
    server.files[name] = right
    assert get("mnist", tmp_path).ready
    assert server.asked.count(f"{spec.files[0].name}.gz") == 1


def test_archive_of_other_images(spec, tmp_path, monkeypatch):
    monkeypatch.setitem(DATASETS, "mnist", replace(spec, files=small("mnist", 299, 100).files))
    refused(tmp_path, r"train-images-idx3-ubyte is not MNIST")


@pytest.mark.parametrize("begins", [False, True])
def test_a_server_that_is_or_falls_silent(spec, server, tmp_path, monkeypatch, begins):
    monkeypatch.setattr(transfer, "TIMEOUT_S", 0.3)
    if begins:
        server.pause = 20
    else:
        server.silent.set()
    started = time.monotonic()
    refused(tmp_path, r"the server sent nothing for 0\.3 seconds", kept=begins)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("file", [0, 3])
def test_only_damaged_files_are_replaced(spec, server, tmp_path, file):
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


def test_archive_that_only_seems_whole_is_replaced(spec, server, tmp_path):
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for file in spec.files:
        packed = bytearray(server.files[f"{file.name}.gz"])
        packed[-8] ^= 1
        (folder / f"{file.name}.gz").write_bytes(packed)
    assert status("mnist", tmp_path).ready
    assert get("mnist", tmp_path).ready
    assert len(load("mnist", tmp_path).train) == spec.train_size


def test_full_disk(spec, tmp_path, monkeypatch):
    def write(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(transfer, "resume", write)
    refused(tmp_path, r"disk is full: MNIST needs about 1 MB.*VAE_DATA_DIR")
    # Too little room is seen before.
    monkeypatch.setattr(transfer, "fetch", None)
    monkeypatch.setitem(DATASETS, "mnist", replace(spec, download_bytes=10**18))
    refused(tmp_path, "disk is full")


def test_no_permission(spec, tmp_path, monkeypatch):
    def refuse(self: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        with pytest.raises(DataError, match=r"cannot be saved in .*Permission denied.*your own"):
            get("mnist", tmp_path)
    check_failure(tmp_path)


def test_root_that_is_a_file(spec, tmp_path):
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(DataError, match=r"cannot be saved in"):
        get("mnist", tmp_path / "data")


def test_progress_that_raises_ends_the_download(spec, server, tmp_path):
    server.pause, server.piece = 0.05, 4096

    def leave(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get("mnist", tmp_path, leave)
    check_failure(tmp_path, kept=True)
    assert len(server.asked) == 1
    server.pause = 0
    assert get("mnist", tmp_path).ready


def test_two_sessions(spec, server, tmp_path):
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
from vae.data import DATASETS, get
from vae.data.idx import IdxFile
from vae.data.sources import Remote
url, md5, files, root = json.loads(sys.argv[1])
files = tuple(IdxFile(name, tuple(shape)) for name, shape in files)
remote = Remote((url,), tuple(md5))
DATASETS["mnist"] = replace(DATASETS["mnist"], files=files, remote=remote)
get("mnist", root, lambda done, total: print(done, flush=True) if done else None)
"""


def test_killed_in_the_middle(spec, server, tmp_path):
    server.pause, server.piece = 0.2, 4096
    files = [(file.name, file.shape) for file in spec.files]
    settings = json.dumps([server.url, spec.remote.md5, files, str(tmp_path)])
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, settings], stdout=subprocess.PIPE, text=True
    ) as child:
        assert int(child.stdout.readline()) > 0
        with pytest.raises(DataError, match="downloaded already"):
            get("mnist", tmp_path)
        child.kill()
    assert ".mnist-download.lock" in everything(tmp_path)
    assert status("mnist", tmp_path).state == "missing"
    server.pause = 0
    server.begun.clear()
    assert get("mnist", tmp_path).ready
    assert server.begun[0] > 0, "it goes on where the other was killed"
    assert everything(tmp_path) == whole_set(spec)
