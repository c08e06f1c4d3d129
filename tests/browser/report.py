"""Measure the Explore page in a real Chromium: ``python tests/browser/report.py``.

Prints a table and, as the last line, one JSON object. Nothing is asserted: figures depend on the
machine. ``docs/measurements.md`` says what was measured where.
"""

import argparse
import json
import math
import os
import shutil
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize, WebSocket, sync_playwright
from server import PROJECT, app_server

sys.path.insert(0, str(PROJECT))
import while_training
from probes import ANSWER, DECODERS, PROBE, WATCH

RUNS = ("mnist-vae-2d", "mnist-conv-vae-2d")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VIEWPORT: ViewportSize = {"width": 1280, "height": 900}
READY = '[data-z][data-ready="true"]'
WAIT_MS = 60_000
THINK_S = 0.3
SETTLE_S = 1.0
WARM_UP_S = 0.5
DECODER_TURNS = 15


def percentile(values: list[float], share: float) -> float:
    """Return the value that ``share`` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


class Traffic:
    """Bytes of the messages that the page has received."""

    def __init__(self, page: Page) -> None:
        self.sizes: list[int] = []
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda payload: self.sizes.append(len(payload)))

    def take(self) -> list[int]:
        """Return the sizes since the last call."""
        sizes, self.sizes = self.sizes, []
        return sizes


def open_explore(page: Page, base_url: str, run: str | None = None) -> float:
    """Open Explore; return the seconds until the map can be dragged."""
    began = time.perf_counter()
    page.goto(f"{base_url}/explore" + (f"?run={run}" if run else ""), wait_until="commit")
    page.locator(READY).first.wait_for(state="attached", timeout=WAIT_MS)
    return time.perf_counter() - began


def cold_start(browser: Browser) -> float:
    """Return the seconds to an interactive page on a server that nobody has met yet."""
    with app_server() as base_url:
        context = browser.new_context(viewport=VIEWPORT)
        try:
            return open_explore(context.new_page(), base_url)
        finally:
            context.close()


Points = Callable[[int], tuple[float, float]]


def box_of(page: Page, test_id: str) -> dict[str, float]:
    """Scroll an element into view and return its place."""
    element = page.get_by_test_id(test_id)
    element.scroll_into_view_if_needed()
    box = element.bounding_box()
    assert box is not None
    return {side: float(box[side]) for side in ("x", "y", "width", "height")}


def circle(box: dict[str, float]) -> Points:
    """Round the middle of the map, about 12 pixels a move."""
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    radius = 0.35 * min(box["width"], box["height"])
    return lambda i: (
        x + radius * math.cos(12 * i / radius),
        y + radius * math.sin(12 * i / radius),
    )


def to_and_fro(box: dict[str, float]) -> Points:
    """Along the slider and back, about 5 pixels a move, always as fast."""
    span = 0.7 * box["width"]
    start, y = box["x"] + 0.15 * box["width"], box["y"] + box["height"] / 2
    return lambda i: (start + span - abs((5 * i + span) % (2 * span) - span), y)


def drag(page: Page, path: Points, seconds: float) -> dict[str, float]:
    """Drag along a path; return frames a second and milliseconds from event to painted frame."""
    page.mouse.move(*path(0))
    page.mouse.down()
    step, measured_from = 0, time.monotonic() + WARM_UP_S
    while time.monotonic() < measured_from:
        step += 1
        page.mouse.move(*path(step))
    page.get_by_test_id("latent-map").evaluate(PROBE)
    stop_at = time.monotonic() + seconds
    events = 0
    while time.monotonic() < stop_at:
        step, events = step + 1, events + 1
        page.mouse.move(*path(step))
    probe = page.evaluate("window.endProbe()")
    page.mouse.up()
    elapsed = (probe["frames"][-1] - probe["frames"][0]) / 1000
    return {
        "fps": (len(probe["frames"]) - 1) / elapsed,
        "pictures_per_s": probe["changes"] / elapsed,
        "event_to_frame_ms": median(probe["latencies"]),
        "event_to_frame_p95_ms": percentile(probe["latencies"], 0.95),
        "events": events,
    }


def releases(page: Page, traffic: Traffic, count: int) -> dict[str, Any]:
    """Drag and let go, again and again; time Python's answers and weigh what they bring."""
    box = box_of(page, "latent-map")
    path = circle(box)
    in_page, painted, sizes, largest = [], [], [], 0
    for turn in range(count):
        page.get_by_test_id("latent-map").evaluate(ANSWER)
        traffic.take()
        page.mouse.move(*path(turn * 7))
        page.mouse.down()
        for step in range(1, 5):
            page.mouse.move(*path(turn * 7 + step))
        page.mouse.up()
        answer = page.evaluate(
            "Promise.race([window.answered, new Promise((_, fail) => setTimeout(() => "
            "fail(new Error('Python did not answer within 10 s')), 10000))])"
        )
        in_page.append(answer["inPage"])
        painted.append(answer["painted"])
        page.wait_for_timeout(1000 * THINK_S)
        messages = traffic.take()
        sizes.append(sum(messages))
        largest = max([largest, *messages])
    return {
        "answer_ms": median(in_page),
        "answer_p95_ms": percentile(in_page, 0.95),
        "answer_painted_ms": median(painted),
        "rerun_bytes": median(sizes),
        "rerun_bytes_max": max(sizes),
        "rerun_message_bytes_max": largest,
        "releases": count,
    }


def click_bytes(page: Page, traffic: Traffic, count: int = 5) -> float:
    """Click on codes near the middle of the map; return the median of what each click brings."""
    box = box_of(page, "latent-map")
    sizes = []
    for turn in range(count):
        traffic.take()
        x = box["x"] + (0.4 + 0.2 * turn / count) * box["width"]
        page.mouse.click(x, box["y"] + 0.5 * box["height"])
        page.wait_for_timeout(1000 * SETTLE_S)
        sizes.append(sum(traffic.take()))
    return median(sizes)


def posteriors(page: Page, count: int = 5) -> dict[str, list[float]]:
    """Pin the picture at several places, and watch each true posterior being computed.

    Returns what each took, and meanwhile the longest time between two frames and the longest task
    of those from 50 ms on, in milliseconds; and that time between frames while nothing is done.
    """
    found: dict[str, list[float]] = {"took": [], "gap": [], "task": [], "idle_gap": []}
    box = box_of(page, "latent-map")
    for turn in range(count):
        page.evaluate("performance.clearMeasures('vae:posterior')")
        x = box["x"] + (0.3 + 0.4 * turn / count) * box["width"]
        page.mouse.click(x, box["y"] + 0.3 * box["height"])
        page.keyboard.press("Escape")
        page.wait_for_timeout(1000 * SETTLE_S)
        page.evaluate(WATCH)
        page.wait_for_timeout(1000 * SETTLE_S)
        found["idle_gap"].append(float(page.evaluate("endWatch()")["gap"]))
        page.evaluate(WATCH)
        page.get_by_test_id("pin-picture").click()
        page.wait_for_function("performance.getEntriesByName('vae:posterior').length > 0")
        watched = page.evaluate("endWatch()")
        for what in ("gap", "task"):
            found[what].append(float(watched[what]))
        duration = "performance.getEntriesByName('vae:posterior')[0].duration"
        found["took"].append(float(page.evaluate(duration)))
        page.get_by_test_id("clear-selection").click()
        page.wait_for_timeout(1000 * SETTLE_S)
    return found


def measure_run(
    browser: Browser, base_url: str, run: str, seconds: float, count: int
) -> dict[str, Any]:
    """Measure everything about one run's page."""
    context = browser.new_context(viewport=VIEWPORT)
    try:
        page = context.new_page()
        traffic = Traffic(page)
        warm_s = open_explore(page, base_url, run)
        page.wait_for_timeout(1000 * SETTLE_S)
        opened = traffic.take()
        found: dict[str, Any] = {
            "warm_open_s": warm_s,
            "open_bytes": sum(opened),
            "open_message_bytes_max": max(opened, default=0),
            "map": drag(page, circle(box_of(page, "latent-map")), seconds),
        }
        page.wait_for_timeout(1000 * SETTLE_S)
        found["slider"] = drag(page, to_and_fro(box_of(page, "latent-slider-1")), seconds)
        page.wait_for_timeout(1000 * SETTLE_S)
        found["decoders"] = page.evaluate(DECODERS, DECODER_TURNS)
        found |= releases(page, traffic, count)
        found["posteriors_ms"] = posteriors(page)
        return found | {"click_bytes": click_bytes(page, traffic)}
    finally:
        context.close()


def posterior_line(ms: dict[str, list[float]]) -> str:
    """Return the figures of the posteriors for a reader."""
    return (
        f"  a pinned image's posterior complete after {median(ms['took']):.0f} ms (of "
        f"{len(ms['took'])}: at most {max(ms['took']):.0f}); meanwhile at most "
        f"{median(ms['gap']):.1f} ms between frames (before it {median(ms['idle_gap']):.1f}), the "
        f"longest task {median(ms['task']):.0f} ms (0: below 50)"
    )


def table(found: dict[str, Any]) -> list[str]:
    """Return the figures for a reader."""
    cold = found["cold"]
    lines = [
        f"Chromium {found['chromium']} without a display, {found['cores']} cores",
        f"cold server to interactive Explore  {cold['median_s']:.2f} s "
        f"(of {len(cold['all_s'])}: {', '.join(f'{one:.2f}' for one in cold['all_s'])})",
    ]
    for run, figures in found["runs"].items():
        lines += ["", run]
        for what in ("map", "slider"):
            drawn = figures[what]
            lines.append(
                f"  drag on the {what:<7} {drawn['fps']:5.1f} frames/s, "
                f"{drawn['pictures_per_s']:5.1f} new pictures/s, event to painted frame "
                f"{drawn['event_to_frame_ms']:.1f} ms (p95 {drawn['event_to_frame_p95_ms']:.1f})"
            )
        for what, images in (("many", "400 images"), ("one", "one image")):
            simd, plain = (figures["decoders"][name][what] for name in ("simd", "plain"))
            ratios = [b / a for a, b in zip(simd, plain, strict=True)]
            lines.append(
                f"  decoding {images} {median(simd):.2f} ms (least {min(simd):.2f}); without SIMD "
                f"{median(plain):.2f} ms ({min(plain):.2f}), {median(ratios):.1f} times as long"
            )
        lines += [
            posterior_line(figures["posteriors_ms"]),
            f"  release to Python's answer {figures['answer_ms']:.1f} ms "
            f"(p95 {figures['answer_p95_ms']:.1f}; painted {figures['answer_painted_ms']:.1f}), "
            f"median of {figures['releases']}",
            f"  messages: {figures['open_bytes']:,} bytes to open the page (largest "
            f"{figures['open_message_bytes_max']:,}), {figures['rerun_bytes']:,.0f} a rerun "
            f"(at most {figures['rerun_bytes_max']:,}), {figures['click_bytes']:,.0f} a click on "
            "a code",
        ]
    if "while_training" in found:
        lines += while_training.lines(found["while_training"])
    return lines


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the Explore page in Chromium.")
    parser.add_argument("--colds", type=int, default=5, help="cold starts of the server")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of each drag")
    parser.add_argument("--releases", type=int, default=30, help="answers of Python to time")
    parser.add_argument("--run", action="append", help="a run to measure; may be repeated")
    parser.add_argument("--rounds", type=int, default=3, help="turns of idle and training; 0: none")
    given = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        print("The report needs Chromium: install it (Debian: apt-get install chromium).")
        return 2
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        colds = [cold_start(browser) for _ in range(given.colds)]
        found: dict[str, Any] = {
            "chromium": browser.version,
            "cores": os.cpu_count(),
            "cold": {"median_s": median(colds) if colds else math.nan, "all_s": colds},
            "runs": {},
        }
        with app_server() as base_url:
            for run in given.run or RUNS:
                if not (PROJECT / "checkpoints" / run).is_dir():
                    print(f"{run} is not in checkpoints: left out.", file=sys.stderr)
                    continue
                found["runs"][run] = measure_run(
                    browser, base_url, run, given.seconds, given.releases
                )
        if given.rounds and (PROJECT / "checkpoints" / while_training.SHOWN).is_dir():
            found["while_training"] = while_training.measure(browser, ANSWER, rounds=given.rounds)
        browser.close()
    print("\n".join(table(found)))
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
