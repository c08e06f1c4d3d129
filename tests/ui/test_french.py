"""No page shows English of which the catalogue has French."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from babel.messages.pofile import read_po
from driver import open_page
from google.protobuf.message import Message
from paths import PAGES
from streamlit.testing.v1 import AppTest

from vae.locale import po_file

LONG = 12
"""Letters of the texts that are looked for: shorter ones stand in French words too."""
_FIELD = re.compile(r"\{\w[^{}]*\}")
_NAMES = {"id", "form_id", "key", "element_id", "url", "icon", "name", "component_name", "language"}
"""Fields that nobody reads."""


def english() -> set[str]:
    """Return the texts of which there is French: between what is filled in, the longest part."""
    with po_file("fr").open("rb") as file:
        pairs = [(one.id, one.string) for one in read_po(file, locale="fr") if one.id]
    found = set()
    for message, said in pairs:
        if isinstance(message, str) and message != said:
            part = max(_FIELD.split(message), key=len).strip()
            if len(part) > LONG and part not in said:
                found.add(part)
    return found


def texts(message: Message) -> Iterator[str]:
    """Yield all texts of what Streamlit sends to the browser."""
    for field, value in message.ListFields():
        if field.name in _NAMES:
            continue
        for one in value if field.is_repeated else [value]:
            if isinstance(one, str):
                yield one
            elif isinstance(one, Message):
                yield from texts(one)


def shown(app: AppTest) -> Iterator[str]:
    nodes: list[Any] = [app._tree]
    while nodes:
        node = nodes.pop()
        nodes += getattr(node, "children", {}).values()
        proto = getattr(node, "proto", None)
        # What a view of the browser is told is English: it translates that itself.
        if isinstance(proto, Message) and proto.DESCRIPTOR.name != "BidiComponent":
            yield from texts(proto)


def left_in_english(page: str, code: str) -> list[str]:
    read = "\n".join(shown(open_page(page, lang=code)))
    return [text for text in english() if re.search(rf"(?<!\w){re.escape(text)}(?!\w)", read)]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_in_french_has_no_english(page, without_data):
    assert left_in_english(page, "fr") == []


def test_what_is_english_is_found(without_data):
    assert len(left_in_english("studies", "en")) > 10
