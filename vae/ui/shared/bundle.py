"""Joining JavaScript modules into the one module that a Streamlit component takes."""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r'^import\s[^;]*?from\s+"(\.{1,2}/[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default\b)", re.MULTILINE)
# Only comments that have their lines to themselves: a pattern cannot tell others from strings.
_COMMENT = re.compile(r"^[ \t]*(?:/\*\*.*?\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"^(?:export (?:default )?)?(?:const|let|function|class) (\w+)", re.MULTILINE)


def bundle(entry: Path) -> str:
    """Return ``entry`` and all that it imports, as one module: each file once, imports first.

    Comments stay behind: a page's message carries the script along whenever its data change.

    The files import by name and relatively (``import { a } from "./b.js";``), and only ``entry``
    has a default export.

    Raises
    ------
    ValueError
        If two files give the same name to something at their top level.
    """
    texts: dict[Path, str] = {}
    owners: dict[str, Path] = {}

    def add(path: Path) -> None:
        if path in texts:
            return
        text = path.read_text(encoding="utf-8")
        texts[path] = ""  # Claims the place, so that a cycle ends.
        for name in _IMPORT.findall(text):
            add((path.parent / name).resolve())
        for name in _NAME.findall(text):
            if name in owners:
                raise ValueError(f"{path.name} and {owners[name].name} both define {name}")
            owners[name] = path
        # Taken out and put back: dicts keep order, and this file follows those it imports.
        del texts[path]
        texts[path] = _COMMENT.sub("", _EXPORT.sub("", _IMPORT.sub("", text))).strip()

    add(entry.resolve())
    return "\n\n".join(f"// {path.name}\n{text}" for path, text in texts.items()) + "\n"
