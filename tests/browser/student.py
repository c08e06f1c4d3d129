"""A student without a browser: speaks to the server over its WebSockets, as the browser does."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates

ANSWER_S = 600.0


class BrokenPageError(Exception):
    """The page showed a traceback, or was not found."""


class Student:
    """A session: opens pages, presses buttons, lets its pages be shown anew when told to."""

    def __init__(self, base: str) -> None:
        self.base = base.replace("http", "ws", 1)
        self.page, self.query, self.hash = "", "", ""
        self.elements: dict[tuple[int, ...], Any] = {}
        self._pages: dict[str, str] = {}
        self._cached: dict[str, ForwardMsg] = {}
        self.bytes = 0
        self._stream: Any = None
        self._watching: list[asyncio.Task[None]] = []
        self._watched: set[str] = set()
        self._lock = asyncio.Lock()
        self.reruns = 0

    async def open(self, page: str, **query: str) -> float:
        """Open a page in this session, as a link does; return the seconds until it is whole."""
        if self._stream is None:
            self._stream = await websockets.connect(
                f"{self.base}/_stcore/stream",
                subprotocols=["streamlit"],  # type: ignore[list-item]
                max_size=None,
                open_timeout=ANSWER_S,
                ping_timeout=None,
            )
        self.page = "" if page == "home" else page
        # Within a session the browser goes by what the navigation has told.
        self.query, self.hash = urlencode(query), self._pages.get(self.page, "")
        self.elements = {}
        await self._unwatch()
        return await self._rerun()

    async def press(self, label: str) -> float:
        """Press a button of the page; return the seconds until the page is whole again."""
        (button,) = (
            each.button
            for each in self.elements.values()
            if each.WhichOneof("type") == "button" and each.button.label == label
        )
        return await self._rerun(WidgetState(id=button.id, trigger_value=True))

    def text(self) -> str:
        """Return what the page shows, as far as it is text."""
        return "\n".join(str(each) for each in self.elements.values())

    async def _rerun(self, *changed: WidgetState, fragment: str = "") -> float:
        async with self._lock:
            began = time.perf_counter()
            message = BackMsg()
            state = message.rerun_script
            state.query_string, state.page_script_hash = self.query, self.hash
            state.page_name, state.fragment_id = ("" if self.hash else self.page), fragment
            state.widget_states.CopyFrom(WidgetStates(widgets=list(changed)))
            state.context_info.url = self.base
            state.cached_message_hashes.extend(self._cached)
            await self._stream.send(message.SerializeToString())
            while not await self._take():
                pass
            self.reruns += 1
            return time.perf_counter() - began

    async def _take(self) -> bool:
        """Take a message; return whether the page is whole."""
        found = await asyncio.wait_for(self._stream.recv(), ANSWER_S)
        self.bytes += len(found)
        message = ForwardMsg.FromString(found)
        if message.WhichOneof("type") == "ref_hash":
            # Sent before, and kept by the browser: its place on the page may be another one.
            kept = ForwardMsg()
            kept.CopyFrom(self._cached[message.ref_hash])
            kept.metadata.CopyFrom(message.metadata)
            message = kept
        elif message.metadata.cacheable:
            self._cached[message.hash] = message
        kind = message.WhichOneof("type")
        if kind == "navigation":
            self.hash = message.navigation.page_script_hash
            pages = message.navigation.app_pages
            self._pages = {
                "" if each.is_default else each.url_pathname: each.page_script_hash
                for each in pages
            }
        if kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        if kind == "page_not_found":
            raise BrokenPageError(self.page)
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "exception":
                raise BrokenPageError(f"{self.page}: {element.exception.message}")
            self.elements[tuple(message.metadata.delta_path)] = element
            if element.WhichOneof("type") == "bidi_component":
                self._watch(element.bidi_component, message.delta.fragment_id)
        return kind == "script_finished"

    def _watch(self, component: Any, fragment: str) -> None:
        """Be told of what a part of the page watches, as its component is in the browser."""
        if component.component_name != "vae.watch" or component.id in self._watched:
            return
        self._watched.add(component.id)
        asked = component.json or json.dumps(json.loads(component.mixed.json))
        self._watching.append(asyncio.ensure_future(self._follow(asked, fragment)))

    async def _follow(self, asked: str, fragment: str) -> None:
        async with websockets.connect(f"{self.base}/vae-watch", ping_timeout=None) as socket:
            await socket.send(asked)
            async for _news in socket:
                await self._rerun(fragment=fragment)

    async def _unwatch(self) -> None:
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        self._watching.clear()
        self._watched.clear()

    async def close(self) -> None:
        await self._unwatch()
        if self._stream is not None:
            await self._stream.close()

    async def until(self, is_so: Callable[[], bool], limit_s: float = ANSWER_S) -> float:
        """Wait until the page shows something; return the seconds."""
        began = time.perf_counter()
        while not is_so():
            if time.perf_counter() - began > limit_s:
                raise TimeoutError(self.text()[-2000:])
            await asyncio.sleep(0.05)
        return time.perf_counter() - began
