"""Which process is which: known by its number and its start, so that no other passes for it."""

import contextlib
import functools
import os
import platform
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict, Field

_NICE = 19
_CLOCK_S = 1.0
"""How far two readings of one start may lie apart."""
_STATE, _START_TICKS = 0, 19
"""Fields of /proc/PID/stat, counted after the name."""


class ProcessId(BaseModel):
    """The process that works at something, as the file about that work keeps it."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    pid: int | None = Field(None, ge=0, lt=2**32)
    pid_started: float | None = None
    """Seconds since 1970, by the clock as it was set then."""
    pid_mark: str | None = None
    """Boot and clock ticks of the start, on Linux: setting the clock does not change them."""


def cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(psutil.Process().cpu_affinity())
    except (AttributeError, psutil.Error):
        return os.cpu_count() or 1


def processor_name() -> str:
    """Return the model of the processor, as far as the system names it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def identify(pid: int) -> ProcessId:
    """Return what tells the live process with this number from a later one."""
    return ProcessId(pid=pid, pid_started=process_started(pid), pid_mark=_mark(pid))


def process_started(pid: int) -> float | None:
    """Return when a process started (seconds since 1970), or None if there is no such process."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return float(process.create_time())
    except psutil.Error:
        return None


def is_alive(process: ProcessId) -> bool:
    """Whether this very process still runs; the system gives its number to another one later on."""
    if process.pid is None:
        return False
    if process.pid_mark is not None and _boot_id():
        return _mark(process.pid) == process.pid_mark
    if process.pid_started is None:
        return False
    found = process_started(process.pid)
    return found is not None and abs(found - process.pid_started) < _CLOCK_S


def _mark(pid: int) -> str | None:
    """Return the boot and the start in clock ticks of a live process, where the system tells."""
    boot = _boot_id()
    if not boot:
        return None
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        # The name before it may hold spaces and brackets.
        fields = text.rpartition(")")[2].split()
        return None if fields[_STATE] in "ZX" else f"{boot}:{int(fields[_START_TICKS])}"
    except (OSError, ValueError, IndexError):
        return None


@functools.cache
def _boot_id() -> str:
    """Return what the system calls its present run; empty where it has no such name."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    return ""


def be_nice(pid: int) -> None:
    """Let a process wait for others."""
    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        if os.name == "nt":
            process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            process.nice(max(_NICE, process.nice()))
