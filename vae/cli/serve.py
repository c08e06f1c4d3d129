"""``python -m vae class``: the explorer for a class on the same network."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import psutil
import segno
import typer

import vae
from vae.errors import ConfigError
from vae.locale import _
from vae.people.teacher import KEY

serve_app = typer.Typer(rich_markup_mode=None)

_ROOT = Path(vae.__file__).resolve().parents[1]
_START_S = 120.0
_NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 2048; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_max_body_size 220m;
  # A browser stays with the server that it met first: its session lives there.
  map $cookie_vae_server $vae_key {{ "" $request_id; default $cookie_vae_server; }}
  map $cookie_vae_server $vae_cookie {{ "" "vae_server=$request_id; Path=/; SameSite=Lax"; }}
  map $http_upgrade $vae_connection {{ "" ""; default upgrade; }}
  upstream servers {{
    hash $vae_key consistent;
{servers}
  }}
  server {{
    listen {address}:{port};
    location / {{
      proxy_pass http://servers;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $vae_connection;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_read_timeout 1d;
      proxy_buffering off;
      add_header Set-Cookie $vae_cookie;
      add_header X-Vae-Server $upstream_addr;
    }}
  }}
}}
"""
"""One address before several servers."""


def address_here() -> str:
    """Return the address of this machine in its network; that of itself where it has none."""
    for name, found in psutil.net_if_addrs().items():
        stats = psutil.net_if_stats().get(name)
        for each in found:
            is_other = each.family == socket.AF_INET and not each.address.startswith("127.")
            if is_other and (stats is None or stats.isup):
                return str(each.address)
    return "127.0.0.1"


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def _server(address: str, port: int, key: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "streamlit", "run", str(_ROOT / "streamlit_app.py")),
            f"--server.address={address}",
            f"--server.port={port}",
            "--server.headless=true",
            "--logger.level=warning",
        ],
        cwd=_ROOT,
        env={**os.environ, KEY: key},
        stdout=subprocess.DEVNULL,
    )


@contextlib.contextmanager
def _proxy(address: str, port: int, ports: list[int]) -> Iterator["subprocess.Popen[bytes]"]:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if nginx is None:
        raise ConfigError(
            _(
                "several servers need nginx before them: install it (Debian, Ubuntu: apt install "
                "nginx-light), or start one server (--workers 1)."
            )
        )
    with tempfile.TemporaryDirectory(prefix="vae-class-") as folder:
        servers = "\n".join(f"    server 127.0.0.1:{each};" for each in ports)
        path = Path(folder) / "nginx.conf"
        path.write_text(
            _NGINX.format(folder=folder, servers=servers, address=address, port=port),
            encoding="utf-8",
        )
        # The proxy's own processes give up root, and must still come here: it holds no secret.
        os.chmod(folder, 0o755)  # nosec B103
        process = subprocess.Popen([nginx, "-e", f"{folder}/error.log", "-c", str(path)])
        try:
            yield process
        finally:
            _end([process])


def _end(processes: "list[subprocess.Popen[bytes]]") -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_until_healthy(port: int, processes: "list[subprocess.Popen[bytes]]") -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + _START_S
    while time.monotonic() < until and all(each.poll() is None for each in processes):
        with contextlib.suppress(OSError):
            if direct.open(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).status == 200:
                return
        time.sleep(0.1)
    raise ConfigError(_("the server on port {port} does not answer.").format(port=port))


@serve_app.command(name="class")
def serve_class(
    workers: Annotated[
        int, typer.Option(min=1, max=64, help=_("Server processes behind the one address."))
    ] = 1,
    port: Annotated[int, typer.Option(min=1, max=65535, help=_("Port of the address."))] = 8501,
    address: Annotated[
        str, typer.Option(help=_("What to listen on; 0.0.0.0: the whole network."))
    ] = "0.0.0.0",  # nosec B104
) -> None:
    """Open the explorer to a class on the same network; print its address and the teacher's link.

    The teacher's key is the variable VAE_TEACHER_KEY, or made up.
    """
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise ConfigError(
                _("cannot listen on {address}:{port} ({reason}): choose another --port.").format(
                    address=address, port=port, reason=error.strerror
                )
            ) from None
    key = os.environ.get(KEY) or secrets.token_urlsafe(9)
    signal.signal(signal.SIGTERM, _interrupt)
    with contextlib.ExitStack() as stack:
        ports = [port] if workers == 1 else _free_ports(workers)
        host = address if workers == 1 else "127.0.0.1"
        processes: list[subprocess.Popen[bytes]] = []
        stack.callback(_end, processes)
        processes += [_server(host, each, key) for each in ports]
        if workers > 1:
            processes.append(stack.enter_context(_proxy(address, port, ports)))
        for each in {*ports, port}:
            _wait_until_healthy(each, processes)
        _say(f"http://{address_here()}:{port}", key, workers)
        with contextlib.suppress(KeyboardInterrupt):
            while all(each.poll() is None for each in processes):
                time.sleep(0.5)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _say(base: str, key: str, workers: int) -> None:
    typer.echo(_("For the class:   {address}").format(address=base))
    typer.echo(
        _("For the teacher: {link}").format(link=f"{base}/teach#teacher={quote(key, safe='')}")
    )
    if workers > 1:
        typer.echo(_("{n} servers share the visitors.").format(n=workers))
    segno.make(base).terminal(out=sys.stdout, compact=True)
    typer.echo(_("Ctrl+C stops it; trainings go on."))
    sys.stdout.flush()
