"""The app as a process of its own, on a free port of this machine, for tests and measurements."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
START_S = 60.0
_ATTEMPTS = 3

# A proxy that the environment names is not for this machine itself.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _is_healthy(base_url: str) -> bool:
    try:
        with _direct.open(f"{base_url}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process, with force if it does not listen."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def app_server(env: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run the app until the block ends; yield its address once it answers, as ``http://host:port``.

    Parameters
    ----------
    env
        Variables on top of this process's own.
    """
    with tempfile.TemporaryFile() as log:
        for _ in range(_ATTEMPTS):
            port = free_port()
            base_url = f"http://127.0.0.1:{port}"
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "streamlit", "run", "streamlit_app.py"),
                    "--server.address=127.0.0.1",
                    f"--server.port={port}",
                    "--server.headless=true",
                ],
                cwd=PROJECT,
                env={**os.environ, **(env or {})},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                stop_at = time.monotonic() + START_S
                while process.poll() is None and time.monotonic() < stop_at:
                    if _is_healthy(base_url):
                        yield base_url
                        return
                    time.sleep(0.02)
            finally:
                stop(process)
            # Somebody else may have taken the port in between: once more with another.
        log.seek(0)
        raise RuntimeError(f"the app did not start:\n{log.read().decode(errors='replace')[-4000:]}")
