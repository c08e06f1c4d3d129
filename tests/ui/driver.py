"""Open a page of the app without a browser, use it, and read what it shows."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from paths import ENTRY
from streamlit.testing.v1 import AppTest

WAIT_S = 120.0
TIMEOUT_S = 120


def open_page(page: str, state: Mapping[str, Any] | None = None, /, **query: str) -> AppTest:
    """Open ``pages/<page>.py`` at an address, in a session that holds ``state``."""
    app = AppTest.from_file(ENTRY, default_timeout=TIMEOUT_S)
    if page != "home":
        app.switch_page(f"pages/{page}.py")
    for key, value in (state or {}).items():
        app.session_state[key] = value
    for key, value in query.items():
        app.query_params[key] = value
    return rerun(app)


def rerun(app: AppTest) -> AppTest:
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    return rerun(app)


def fill(app: AppTest, prefix: str, **values: Any) -> AppTest:
    """Give widgets values, by the rest of their keys, and run the page."""
    kinds = (app.number_input, app.text_input, app.selectbox, app.slider, app.select_slider)
    kinds += (app.toggle, app.checkbox, app.multiselect, app.segmented_control)
    widgets = {str(widget.key): widget for kind in kinds for widget in kind}
    for name, value in values.items():
        widgets[prefix + name].set_value(value)
    return rerun(app)


def until(app: AppTest, is_there: Callable[[], bool]) -> None:
    """Run the page again, as its timer does, until it is so."""
    stop_at, pause = time.monotonic() + WAIT_S, 0.1
    while not is_there():
        assert time.monotonic() < stop_at, words(app)
        # What is waited for works at a low priority: the page leaves it ever more of the time.
        time.sleep(pause)
        pause = min(1.0, 1.5 * pause)
        rerun(app)


def words(app: AppTest) -> str:
    messages = (app.info, app.warning, app.error, app.success)
    texts = (app.title, app.subheader, app.markdown, app.caption)
    return "\n".join(element.value for group in (*messages, *texts) for element in group)


def html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def block(app: AppTest, test_id: str) -> str:
    """Return the first block of HTML in which a test id stands."""
    return next(one.proto.body for one in app.get("html") if test_id in one.proto.body)


def buttons(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def charts(app: AppTest) -> int:
    return len(app.get("plotly_chart"))


def components(app: AppTest) -> list[Any]:
    """The page's own components: toolbar and what saves figures are every page's."""
    found = app.get("bidi_component")
    shared = (".toolbar", ".take_away")
    return [one for one in found if not one.proto.component_name.endswith(shared)]


def messages(app: AppTest) -> list[dict[str, Any]]:
    """What the components are told, as far as it is JSON."""
    found = []
    for element in components(app):
        try:
            found.append(json.loads(element.proto.json))
        except (AttributeError, ValueError):
            continue
    return [message for message in found if isinstance(message, dict)]


def message(app: AppTest, key: str) -> dict[str, Any]:
    """What the one component is told whose data have ``key``."""
    (found,) = [message for message in messages(app) if key in message]
    return found
