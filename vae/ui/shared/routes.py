"""What the server answers beside Streamlit's own: it tells who watches that something is new."""

import asyncio
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

_LONGEST = 4000
_MOST = 2000
"""Watches of a server: more of them are turned away, and ask now and then."""


class _Asked(BaseModel):
    """What a browser watches, and what it has seen of that."""

    topics: list[Annotated[str, Field(max_length=300)]] = Field(min_length=1, max_length=8)
    known: str = Field("", max_length=64)


async def _serve(socket: WebSocket) -> None:
    """Tell a browser, by an empty message, whenever something about its topics has changed."""
    # With torch, for which a server that starts does not wait.
    from vae.runs.watch import watcher
    from vae.ui.shared.loaders import runs_root

    await socket.accept()
    try:
        asked = _Asked.model_validate_json((await socket.receive_text())[:_LONGEST])
    except (WebSocketDisconnect, ValidationError, KeyError):
        asked = None
    if asked is None or len(watcher) >= _MOST:
        await socket.close(1008)
        return
    loop, news = asyncio.get_running_loop(), asyncio.Event()

    def tell() -> None:
        loop.call_soon_threadsafe(news.set)

    end = watcher.watch(runs_root(), asked.topics, tell, asked.known)
    gone = asyncio.ensure_future(_gone(socket))
    try:
        while not gone.done():
            waiting = asyncio.ensure_future(news.wait())
            await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if news.is_set():
                news.clear()
                await socket.send_text("")
    except (WebSocketDisconnect, RuntimeError):
        pass  # The browser has left in this instant.
    finally:
        gone.cancel()
        end()


async def _gone(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


ROUTES = [WebSocketRoute("/vae-watch", _serve), WebSocketRoute("/{base:path}/vae-watch", _serve)]
"""With and without the path that ``server.baseUrlPath`` puts before all others."""
