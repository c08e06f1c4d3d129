"""Texts that a person reads and that no call of gettext takes: found in the sources."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from vae.locale.tools.sources import BROWSER, ROOT, fields, is_message, python_files

_SHOWN = {"label", "help", "caption", "placeholder", "title", "body", "text", "alt", "message"}
_CONTROLS = {"whole", "real", "pick", "toggle", "text"}
_GETTEXT = (("", "_"), ("", "ngettext"), ("", "N_"))
_RUN_ANEW = ("vae/cli/", "pages/", "streamlit_app.py")
"""Beginnings of the files that are run for one reader each time."""
_ERRORS = {"UserError", "ConfigError", "DataError", "RunError", "BusyError", "TrainingError"}
"""Those of :mod:`vae.errors`; others are defects, and no sentence for a person."""
_WITHOUT_WORDS = {"cache_data", "cache_resource", "columns", "container", "html", "switch_page"} | {
    *("fragment", "json", "stop", "rerun", "Page", "App", "image", "page_link", "navigation"),
}

_WRITTEN = re.compile(
    r"""(?:\.(?:textContent|innerText|title|ariaLabel|placeholder|alt)\s*=\s*
    |setAttribute\(\s*"(?:aria-label|title|alt|placeholder)",\s*
    |fillText\(\s*)("[^"]*"|'[^']*'|`[^`]*`)""",
    re.VERBOSE,
)
"""A literal that JavaScript shows."""
_READ_OF_TEMPLATE = re.compile(
    r"""\b(?:aria-label|title|alt|placeholder)="([^"]*)"|(?:^|>)([^<>]*)(?=<|$)"""
)
_SILENT = re.compile(
    r"<style.*?</style>|<script.*?</script>|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL
)


def _callee(node: ast.Call) -> tuple[str, str]:
    """Return what a call's function belongs to, and its name."""
    if isinstance(node.func, ast.Attribute):
        owner = node.func.value
        return (owner.id if isinstance(owner, ast.Name) else "."), node.func.attr
    return "", node.func.id if isinstance(node.func, ast.Name) else ""


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and is_message(node.value)
    if isinstance(node, ast.JoinedStr):
        return any(_is_text(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return _is_text(node.left) or _is_text(node.right)
    if isinstance(node, ast.IfExp):
        return _is_text(node.body) or _is_text(node.orelse)
    return False


def _read(node: ast.Call) -> list[ast.expr]:
    """Return the arguments of a call that a person reads."""
    owner, name = _callee(node)
    named = [word.value for word in node.keywords if word.arg in _SHOWN]
    first = node.args[:1]
    if name in _ERRORS:
        return first
    if name in ("show_note", "show_warning", "show_error", "echo", "secho"):
        return first
    if owner == "typer" and name in ("Option", "Argument", "Typer"):
        return named
    if owner == "st" and name in _WITHOUT_WORDS:
        return named
    if owner in ("st", "left", "right") or name in _CONTROLS:
        return first + named
    return []


def _differs(node: ast.Call) -> bool:
    """Whether a call of ``format`` fills in other fields than its message has."""
    made = node.func.value if isinstance(node.func, ast.Attribute) else None
    if not isinstance(made, ast.Call) or _callee(made) not in _GETTEXT:
        return False
    if _callee(node)[1] != "format" or any(word.arg is None for word in node.keywords):
        return False
    texts = [part.value for part in made.args if isinstance(part, ast.Constant)]
    wanted = set[str]().union(*(fields(text) for text in texts if isinstance(text, str)))
    return bool(texts) and wanted != {word.arg for word in node.keywords}


def _hidden(tree: ast.AST) -> Iterator[int]:
    """Yield the lines of messages in f-strings, where Babel finds none before Python 3.12."""
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr))
    for part in (part for whole in strings for part in ast.walk(whole)):
        if not isinstance(part, ast.Call) or _callee(part) not in _GETTEXT:
            continue
        if any(isinstance(given, ast.Constant) for given in part.args):
            yield part.lineno


def _early(node: ast.AST) -> Iterator[int]:
    """Yield the lines of calls that translate while the module is imported."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        parts: list[ast.AST] = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        parts += [] if isinstance(node, ast.Lambda) else node.decorator_list
    else:
        parts = list(ast.iter_child_nodes(node))
        if isinstance(node, ast.Call) and _callee(node) in _GETTEXT[:2]:
            yield node.lineno
    for part in parts:
        yield from _early(part)


def in_source(source: str, *, is_command: bool = False) -> Iterator[tuple[int, str]]:
    """Yield line and fault for each text that cannot be translated.

    ``is_command``: it is run for one reader, so that it may translate outside of functions.
    """
    tree = ast.parse(source)
    if not is_command:
        for line in _early(tree):
            yield line, "this is translated once, at the import: mark it with N_()"
    for line in _hidden(tree):
        yield line, "no message is found in an f-string: take it out"
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if _differs(node):
            yield node.lineno, "its fields are not those that format() fills in"
        if _callee(node) in _GETTEXT:
            if any(isinstance(part, ast.JoinedStr | ast.BinOp) for part in node.args[:2]):
                yield node.lineno, "gettext takes a constant: fill values in with format()"
            continue
        for part in _read(node):
            if _is_text(part):
                yield part.lineno, "a person reads this: put it into _()"


def in_script(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and fault for each literal that JavaScript shows."""
    for found in _WRITTEN.finditer(source):
        text, inner = found[1], None
        while text != inner:  # what is filled in may have braces of its own
            inner, text = text, re.sub(r"\$?\{[^{}]*\}", "", text)
        if is_message(text):
            yield source.count("\n", 0, found.start()) + 1, "a person reads this: use gettext()"


def in_template(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and fault for each text of a template of Jinja that no call translates."""
    plain = _SILENT.sub(lambda found: "\n" * found[0].count("\n"), source)
    for found in _READ_OF_TEMPLATE.finditer(plain):
        text = found[1] or found[2] or ""
        if is_message(text) and not text.strip().isupper():  # KL and ELBO are formulas
            line = plain.count("\n", 0, found.start()) + text.count("\n") + 1
            yield line, "a person reads this: put it into {{ _() }}"


def _of_the_browser() -> Iterator[str]:
    kinds = ((f"{BROWSER}/**/*.js", in_script), ("vae/ui/templates/*.html", in_template))
    for pattern, look in kinds:
        for path in sorted(ROOT.glob(pattern)):
            if path.parent.name != "messages":
                for line, fault in look(path.read_text(encoding="utf-8")):
                    yield f"{path.relative_to(ROOT).as_posix()}:{line}: {fault}"


def faults(files: list[Path] | None = None) -> Iterator[str]:
    """Yield a line for each text of the project that cannot be translated."""
    for path in python_files() if files is None else files:
        place = path.relative_to(ROOT).as_posix()
        for line, fault in in_source(
            path.read_text(encoding="utf-8"), is_command=place.startswith(_RUN_ANEW)
        ):
            yield f"{place}:{line}: {fault}"
    if files is None:
        yield from _of_the_browser()
