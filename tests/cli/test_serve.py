"""``python -m vae class``: one server or several behind one address, with the teacher's link."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from http.client import HTTPResponse
from pathlib import Path

import pytest
from paths import ENTRY

from vae.cli import serve

HAS_NGINX = bool(shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin"))
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer(port: int, path: str, cookie: str = "") -> HTTPResponse:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    if cookie:
        request.add_header("Cookie", cookie)
    return _direct.open(request, timeout=30)


def _cookies(found: HTTPResponse) -> list[str]:
    """The proxy's own among the cookies that an answer sets."""
    given = found.headers.get_all("Set-Cookie") or []
    return [each.split(";")[0] for each in given if each.startswith("vae_server=")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "workers",
    [
        1,
        pytest.param(
            2,
            marks=pytest.mark.skipif(
                not HAS_NGINX and not os.environ.get("CI"), reason="there is no nginx here"
            ),
        ),
    ],
)
def test_a_class_gets_an_address_and_the_teacher_a_link(workers: int, tmp_path: Path) -> None:
    port = free_port()
    command = ["-m", "vae", "class", "--port", port, "--workers", workers, "--address", "127.0.0.1"]
    environment = {**os.environ, "VAE_RUNS_DIR": str(tmp_path), "VAE_TEACHER_KEY": "a key & more"}
    process = subprocess.Popen(
        [sys.executable, *map(str, command)],
        cwd=Path(ENTRY).parent,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    watch = threading.Timer(200, process.kill)
    watch.start()
    try:
        lines: list[str] = []
        assert process.stdout
        for line in process.stdout:
            lines.append(line)
            if "Ctrl+C" in line:
                break
        text = "".join(lines)
        assert re.search(rf"For the class: +http://[\d.]+:{port}\n", text)
        assert f":{port}/teach#teacher=a%20key%20%26%20more\n" in text
        assert "█" in text or "▀" in text, "a QR code"
        assert answer(port, "/_stcore/health").status == 200
        if workers > 1:
            # Whoever comes stays with one server; a class is spread over both.
            servers = set()
            for _ in range(16):
                first = answer(port, "/")
                (cookie,) = _cookies(first)
                server = first.headers["X-Vae-Server"]
                servers.add(server)
                again = [answer(port, "/_stcore/health", cookie) for _ in range(3)]
                assert {each.headers["X-Vae-Server"] for each in again} == {server}
                assert not any(_cookies(each) for each in again)
            assert len(servers) == 2
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        watch.cancel()
    with pytest.raises(OSError, match=r"refused|reset"):
        answer(port, "/_stcore/health")


def test_what_cannot_be_opened_is_a_sentence(cli, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        cli("class", "--port", port, "--address", "127.0.0.1").check_refused(
            "cannot listen", str(port)
        )
    monkeypatch.setattr(serve.shutil, "which", lambda name, path=None: None)
    monkeypatch.setattr(serve, "_server", lambda address, port, key: subprocess.Popen(["true"]))
    answered = cli("class", "--port", free_port(), "--workers", 2, "--address", "127.0.0.1")
    answered.check_refused("nginx", "--workers 1")


def test_the_address_is_one_of_this_machines():
    assert re.fullmatch(r"(\d{1,3}\.){3}\d{1,3}", serve.address_here())
