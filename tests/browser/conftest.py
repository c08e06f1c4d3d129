"""A browser for the tests of the component, and a server that brings it its files."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from server import PROJECT, app_server

if TYPE_CHECKING:
    from map_page import Made
    from playwright.sync_api import Browser, Page

    from vae.runs import Run

COMPONENT = Path(__file__).parents[2] / "vae" / "ui" / "component"
SHIPPED = PROJECT / "checkpoints"
HARNESS = Path(__file__).with_name("harness.html")
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
EXPECT_MS = 30_000
"""How long what is expected may take: on a loaded machine a rerun takes many seconds."""
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _missing(what: str) -> None:
    """Skip for want of a browser; fail where one must be there."""
    if os.environ.get("CI") or os.environ.get("VAE_REQUIRE_BROWSER") == "1":
        pytest.fail(f"the browser tests need {what}, and CI or VAE_REQUIRE_BROWSER is set")
    pytest.skip(f"the browser tests need {what}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    try:
        from playwright.sync_api import expect, sync_playwright
    except ImportError:
        _missing("playwright (pip install -r requirements-dev.txt)")
    path = shutil.which("chromium")
    if path is None:
        _missing("chromium on the PATH")
    expect.set_options(timeout=EXPECT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()


class ComponentServer:
    """Serves the component's files, the harness, and payloads that a test has put there."""

    def __init__(self) -> None:
        self.payloads: dict[str, bytes] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def add(self, name: str, payload: bytes) -> str:
        """Offer a payload; return the address of the harness with it."""
        self.payloads[name] = payload
        return f"{self.url}/harness.html?payload={name}"

    def read(self, path: str) -> bytes | None:
        """Return what stands at a path of the server."""
        folder, _, name = path.strip("/").partition("/")
        if folder == "payload":
            return self.payloads.get(name)
        file = COMPONENT / name if folder == "component" else HARNESS
        return file.read_bytes() if file.is_file() else None

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, files: ComponentServer, *args: object) -> None:
        self.files = files
        super().__init__(*args)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        body = b"<!doctype html><title>blank</title>" if path == "/" else self.files.read(path)
        self.send_response(404 if body is None else 200)
        kind = TYPES.get(Path(path).suffix, "text/html" if path == "/" else "application/x-raw")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *args: object) -> None:
        """Keep the tests' output free of a line for each file."""


@pytest.fixture(scope="session")
def component_server() -> Iterator[ComponentServer]:
    """The component's files at an address of their own."""
    server = ComponentServer()
    yield server
    server.close()


WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def page(browser) -> Iterator[Page]:
    """A page on a wide screen; an error in it fails the test."""
    with _page(browser, viewport=WIDE) as page:
        yield page


@pytest.fixture
def phone(browser) -> Iterator[Page]:
    """A page on a phone; an error in it fails the test."""
    with _page(browser, viewport=PHONE, has_touch=True) as page:
        yield page


@pytest.fixture
def received(page) -> list[int]:
    """Sizes in bytes of what the server has sent to ``page``."""
    sizes: list[int] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: sizes.append(len(frame))),
    )
    return sizes


@pytest.fixture
def touch(phone) -> Callable[..., None]:
    """Touch the phone's screen, as ``touch("touchStart", (x, y))``."""
    session = phone.context.new_cdp_session(phone)

    def send(kind: str, *points: tuple[float, float]) -> None:
        session.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]},
        )

    return send


@contextmanager
def _page(browser: Browser, **context: Any) -> Iterator[Page]:
    page = browser.new_context(**context).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.context.close()
    assert not errors


@pytest.fixture(scope="session")
def shipped_app(tmp_path_factory) -> Iterator[str]:
    """A server of the app with the shipped runs and no data but the embedded digits."""
    with app_server({"VAE_DATA_DIR": str(tmp_path_factory.mktemp("data"))}) as url:
        yield url


@pytest.fixture(scope="session")
def family_runs(tmp_path_factory) -> dict[str, Run]:
    """A small run of each family, and one told of two classes only."""
    from family_runs import make_families

    return make_families(tmp_path_factory.mktemp("families"))


@pytest.fixture(scope="session")
def family_app(family_runs) -> Iterator[str]:
    """A server of the app with a small run of each family."""
    with app_server({"VAE_RUNS_DIR": str(family_runs["vae"].directory.parent)}) as url:
        yield url


@pytest.fixture(scope="module")
def root() -> Path:
    """The folder of the app's runs; a file that needs others has a fixture of its own."""
    return SHIPPED


@pytest.fixture(scope="module")
def app(root, request, tmp_path_factory) -> Iterator[str]:
    """A server of the app with the runs in ``root`` and no data but the embedded digits."""
    if root == SHIPPED:
        yield request.getfixturevalue("shipped_app")
        return
    data = tmp_path_factory.mktemp("data")
    with app_server({"VAE_RUNS_DIR": str(root), "VAE_DATA_DIR": str(data)}) as url:
        yield url


@pytest.fixture(scope="session")
def clumps() -> dict[int, Made]:
    """Models of some latent sizes, with codes in three clumps."""
    from map_page import make

    return {latent_dim: make(latent_dim) for latent_dim in (1, 2, 5)}


@pytest.fixture
def open_clumps(
    browser: Browser, component_server: ComponentServer, clumps: dict[int, Made]
) -> Iterator[Callable[..., Page]]:
    """Open the map alone, with codes in three clumps; fail on any error in the page."""
    contexts = []
    errors: list[str] = []

    def open_page(latent_dim: int = 2, data: Any = None, width: int = 1280, **more: Any) -> Page:
        contexts.append(browser.new_context(viewport={"width": width, "height": 844}, **more))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        url = component_server.add(f"clumps{latent_dim}", clumps[latent_dim][-1])
        page.goto(url + (f"&data={quote(json.dumps(data))}" if data else ""))
        page.wait_for_selector("[data-testid=latent-view][data-ready=true]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
