"""What a class of students costs the server, without browsers.

``python tests/browser/report_class.py [open start mixed cost]`` prints a line for each figure;
``STUDENTS=30`` and ``SECONDS=60`` are the usual numbers.
"""

import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
from server import app_server
from student import BrokenPageError, Student

from vae import runs

STUDENTS = int(os.environ.get("STUDENTS", "30"))
SECONDS = float(os.environ.get("SECONDS", "60"))
PAGES = (
    *("home", "explore", "draw", "generate", "embeddings", "reconstructions", "train", "models"),
    *("compare", "studies", "grow", "denoise", "detect"),
)
MIXED = ("home", "explore", "generate", "embeddings", "reconstructions", "train", "models", "draw")


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def say(what: str, values: Sequence[float], unit: str = "s") -> None:
    factor, digits = (1000, 0) if unit == "ms" else (1, 2)
    parts = (statistics.median(values), percentile(values, 0.95), max(values))
    shown = ", ".join(
        f"{name} {factor * value:.{digits}f} {unit}"
        for name, value in zip(("median", "p95", "most"), parts, strict=True)
    )
    print(f"{what} ({len(values)}): {shown}", flush=True)


def server_process() -> psutil.Process:
    """Return the server, a child of this process."""
    for child in psutil.Process().children():
        if "streamlit" in " ".join(child.cmdline()):
            return child
    raise RuntimeError("no server runs")


async def opened(base: str) -> None:
    """All pages at once, right after the server's start."""
    students = [Student(base) for _ in range(STUDENTS)]
    took: list[float] = []
    broken: list[str] = []

    async def one(student: Student, page: str) -> None:
        try:
            took.append(await student.open(page))
        except BrokenPageError as error:
            broken.append(str(error))

    pages = [PAGES[k % len(PAGES)] for k in range(STUDENTS)]
    await asyncio.gather(*(one(*each) for each in zip(students, pages, strict=True)))
    say("first pages of a server that has just started", took)
    print(f"error pages: {len(broken)} {broken[:3]}", flush=True)
    await asyncio.gather(*(student.close() for student in students))


async def started(base: str, root: Path) -> None:
    """Everybody presses Start on digits together."""
    students = [Student(base) for _ in range(STUDENTS)]
    await asyncio.gather(*(student.open("train") for student in students))
    began = time.perf_counter()
    told: list[float] = []

    async def one(student: Student) -> None:
        await student.press("Start")
        await student.until(lambda: any(w in student.text() for w in ("in the queue", "Epoch ")))
        told.append(time.perf_counter() - began)

    await asyncio.gather(*(one(student) for student in students))
    say("Start pressed together, until each sees place and time", told)
    done: dict[str, float] = {}
    while len(done) < STUDENTS:
        for run in runs.list_runs(root):
            if run.name not in done and run.status().state == "done":
                done[run.name] = time.perf_counter() - began
        await asyncio.sleep(0.1)
    spent = [float(run.epochs()[-1]["seconds"]) for run in runs.list_runs(root)]
    say("their trainings, of each alone", spent)
    print(f"all {STUDENTS} done after {max(done.values()):.1f} s", flush=True)
    print(f"pages made anew meanwhile: {sum(s.reruns for s in students)}", flush=True)
    await asyncio.gather(*(student.close() for student in students))


def alone(count: int) -> None:
    """Train as many runs from the command line, one after the other in one queue."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "vae", "train", "--dataset", "digits", "--epochs", "40"]
        command += ["--batch-size", "64", "--lr", "2e-3", "--out", folder]
        began = time.perf_counter()
        for _ in range(3):
            subprocess.run(command, check=True, capture_output=True)
        each = (time.perf_counter() - began) / 3
    print(f"{count} from the command line: {count * each:.1f} s ({each:.2f} s each, of 3)")


async def mixed(base: str, think_s: float) -> None:
    """Sessions on mixed pages, each with time to think between two openings."""
    server, took, broken = server_process(), list[float](), 0
    until = time.perf_counter() + SECONDS
    before = server.memory_info().rss

    async def one(number: int) -> None:
        nonlocal broken
        rng, student = random.Random(number), Student(base)
        await asyncio.sleep(rng.uniform(0, think_s))
        await student.open(rng.choice(MIXED))
        while time.perf_counter() < until:
            await asyncio.sleep(rng.uniform(0.5, 1.5) * think_s)
            try:
                took.append(await student.open(rng.choice(MIXED)))
            except BrokenPageError:
                broken += 1
        await student.close()

    await asyncio.gather(*(one(number) for number in range(STUDENTS)))
    say(f"{STUDENTS} sessions on mixed pages, {think_s:g} s to think", took, "ms")
    grown = (server.memory_info().rss - before) / 1e6 / STUDENTS
    print(f"error pages: {broken}; memory {grown:.1f} MB a session", flush=True)


async def cost(base: str) -> None:
    """The server's CPU for a page made anew, one session, nothing else on the server."""
    server, student = server_process(), Student(base)
    for page in PAGES:
        await student.open(page)
        for _ in range(3):
            await student._rerun()
        sent, before = student.bytes, sum(server.cpu_times()[:2])
        for _ in range(20):
            await student._rerun()
        used = (sum(server.cpu_times()[:2]) - before) / 20
        sent = (student.bytes - sent) // 20
        print(f"{page}: {1000 * used:.0f} ms of CPU a rerun, {sent / 1000:.0f} kB", flush=True)
    await student.close()


def main(parts: Sequence[str]) -> None:
    for part in parts or ("open", "start", "mixed", "cost"):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            # Students, not the machine's own browser: limits and owners are in force.
            env = {"VAE_TEACHER_KEY": "of the load", "VAE_WARM_MINUTES": "10"}
            if part == "start":
                env["VAE_RUNS_DIR"] = folder
            with app_server(env) as base:
                if part == "open":
                    asyncio.run(opened(base))
                    continue
                time.sleep(15)  # It has warmed up.
                if part == "start":
                    asyncio.run(started(base, root))
                elif part == "mixed":
                    asyncio.run(mixed(base, 5.0))
                    asyncio.run(mixed(base, 1.0))
                else:
                    asyncio.run(cost(base))
        if part == "start":
            alone(STUDENTS)


if __name__ == "__main__":
    main(sys.argv[1:])
