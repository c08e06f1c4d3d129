"""A map outside Streamlit with an image pinned on it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import ComponentServer
    from playwright.sync_api import Browser, Page

ROOT = "[data-testid=latent-view]"


def answer(index: int, pixels: np.ndarray | None) -> dict[str, Any]:
    """Python's answer about a code, with its original or without."""
    original = None if pixels is None else base64.b64encode(pixels.tobytes()).decode()
    return {"index": index, "original": original, "note": ""}


def number(page: Page, testid: str) -> float:
    """The number that an element shows."""
    text = page.get_by_test_id(testid).inner_text()
    return float(text.split()[0].replace("−", "-"))


@pytest.fixture
def open_pinned(
    browser: Browser, component_server: ComponentServer
) -> Iterator[Callable[..., Page]]:
    """Open the harness with a payload and Python's answer; fail on any error in the page."""
    contexts = []
    errors: list[str] = []

    def show(payload: bytes, data: dict[str, Any] | None = None, **context: Any) -> Page:
        context = {"viewport": {"width": 1280, "height": 900}, **context}
        contexts.append(browser.new_context(**context))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(
            component_server.add("pinned", payload) + f"&data={quote(json.dumps(data or {}))}"
        )
        page.wait_for_selector(f"{ROOT}[data-ready=true]")
        return page

    yield show
    for context in contexts:
        context.close()
    assert errors == []
