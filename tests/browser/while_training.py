"""How long the pages take to answer while a run trains beside them, against the idle server.

A part of ``report.py``. Idle and training take turns, so that what else the machine does meets
both alike.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page
from server import PROJECT, app_server

from vae import runs
from vae.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from vae.data import data_dir, spec_of, status
from vae.runs import Run, queue

SHOWN = "mnist-vae-2d"
THINK_MS = 300
WAIT_S = 120.0
ENDLESS = 5_000

# From the release of the button to the moment the number beside the pills is the new one.
CONTROL = """([label, wanted]) => {
  window.answered = new Promise((resolve) => {
    window.addEventListener("pointerup", (event) => {
      const began = event.timeStamp;
      const look = () => {
        const input = document.querySelector(`input[aria-label="${label}"]`);
        if (input && input.value === wanted) resolve({ inPage: performance.now() - began });
        else setTimeout(look, 2);
      };
      look();
    }, { capture: true, once: true });
  });
}"""
ANSWERED = (
    "Promise.race([window.answered, new Promise((_, fail) => setTimeout(() => "
    "fail(new Error('no answer within 20 s')), 20000))])"
)

Action = Callable[[int], float]


def endless_run(root: Path) -> Run:
    """Make a run that trains for as long as it is let: MNIST where it is there, else digits."""
    name = "mnist" if status("mnist").ready else "digits"
    config = RunConfig(
        name=f"endless-{name}",
        data=DataConfig(dataset=name),
        model=ModelConfig(latent_dim=2, image_shape=spec_of(name).shape),
        train=TrainConfig(epochs=ENDLESS, device="cpu"),
    )
    return runs.create(config, root)


def wait(what: Callable[[], bool]) -> None:
    """Wait until it is so."""
    until = time.monotonic() + WAIT_S
    while not what():
        if time.monotonic() > until:
            raise RuntimeError("the training neither began nor ended in time")
        time.sleep(0.05)


def _on_map(page: Page, probe: str, steps: int) -> Action:
    """Return a drag of ``steps`` moves on the map, or a click, timed to Python's answer."""
    surface = page.get_by_test_id("latent-map")
    surface.scroll_into_view_if_needed()
    box = surface.bounding_box()
    assert box is not None

    def act(turn: int) -> float:
        surface.evaluate(probe)
        # Never twice to the same place: the same z is no news to Python.
        x = box["x"] + box["width"] * (0.3 + 0.017 * (turn * 7 % 23))
        y = box["y"] + box["height"] * (0.3 + 0.017 * (turn * 5 % 23))
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(1, steps + 1):
            page.mouse.move(x + 4 * step, y + 3 * step)
        page.mouse.up()
        return float(page.evaluate(ANSWERED)["inPage"])

    return act


def _on_controls(page: Page) -> Action:
    """Return a click on a preset of the latent size, timed to the number's change."""

    def act(turn: int) -> float:
        wanted = ("8", "20")[turn % 2]
        page.evaluate(CONTROL, ["Latent size, number", wanted])
        page.get_by_role("radio", name=wanted, exact=True).click()
        return float(page.evaluate(ANSWERED)["inPage"])

    return act


def measure(browser: Browser, probe: str, *, rounds: int = 3, count: int = 8) -> dict[str, Any]:
    """Time three actions, idle and while a run trains, taking turns; return medians and ratios.

    Parameters
    ----------
    probe
        JavaScript that puts Python's answer about z into ``window.answered``.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copytree(PROJECT / "checkpoints" / SHOWN, root / SHOWN)
        run = endless_run(root)
        env = {"VAE_RUNS_DIR": str(root), "VAE_DATA_DIR": str(data_dir().resolve())}
        with app_server(env) as base_url:
            try:
                return _measure(browser, base_url, run, probe, rounds, count)
            finally:
                queue.cancel(run)
                wait(lambda: run.status().state != "running")


def _measure(
    browser: Browser, base_url: str, run: Run, probe: str, rounds: int, count: int
) -> dict[str, Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        explore, train = context.new_page(), context.new_page()
        explore.goto(f"{base_url}/explore?run={SHOWN}")
        explore.locator('[data-z][data-ready="true"]').wait_for()
        train.goto(f"{base_url}/train?run={run.name}")
        train.get_by_role("button", name="Start", exact=True).wait_for()
        actions = {
            "release": (explore, _on_map(explore, probe, steps=4)),
            "click": (explore, _on_map(explore, probe, steps=0)),
            "control": (train, _on_controls(train)),
        }
        times: dict[str, dict[str, list[float]]] = {
            name: {"idle": [], "training": []} for name in actions
        }
        loads, turn = [], 0
        for page, act in actions.values():
            page.bring_to_front()
            act(-1)  # The first of each loads what the others find loaded.
        for _ in range(rounds):
            for state in ("idle", "training"):
                if state == "training":
                    queue.submit(run)
                    begun = run.status().epoch
                    wait(lambda begun=begun: run.status().epoch > begun)  # type: ignore[misc]
                for name, (page, act) in actions.items():
                    page.bring_to_front()
                    for _ in range(count):
                        page.wait_for_timeout(THINK_MS)
                        times[name][state].append(act(turn))
                        turn += 1
                loads.append(os.getloadavg()[0])
                if state == "training":
                    queue.cancel(run)
                    wait(lambda: run.status().state == "cancelled")
    finally:
        context.close()
    found: dict[str, Any] = {"trained": run.config.data.dataset, "load": loads, "count": count}
    for name, by_state in times.items():
        idle, training = median(by_state["idle"]), median(by_state["training"])
        found[name] = {"idle_ms": idle, "training_ms": training, "ratio": training / idle}
    return found


def lines(found: dict[str, Any]) -> list[str]:
    """Return the figures for a reader."""
    titles = {
        "release": "release on Explore's map",
        "click": "click on Explore's map",
        "control": "control of Train",
    }
    return [
        "",
        f"answers while {found['trained']} trains on the CPU, against the idle server "
        f"(load average {min(found['load']):.1f} to {max(found['load']):.1f})",
        *(
            f"  {title:<26} {found[name]['training_ms']:6.1f} ms against "
            f"{found[name]['idle_ms']:6.1f} ms: {found[name]['ratio']:.2f} times"
            for name, title in titles.items()
        ),
    ]
