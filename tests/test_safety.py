"""What the program never does: unpickle, evaluate text, or speak to other machines by itself."""

import ast
import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from paths import PAGES, ROOT

FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
FORBIDDEN_CALLS = {
    *("eval", "exec", "compile", "__import__", "runpy.run_module"),
    *(f"builtins.{name}" for name in ("eval", "exec", "compile")),
    *("torch.load", "torch.jit.load", "torch.hub.load", "torch.package.PackageImporter"),
    *("pandas.read_pickle", "yaml.load", "yaml.unsafe_load", "numpy.lib.format.read_array"),
}
"""Whole names; numpy.load is allowed where it is told not to unpickle, in so many words."""
SOURCES = [*(ROOT / "vae").rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "streamlit_app.py"]


def _names(tree: ast.AST) -> dict[str, str]:
    """Return what the names that a module imports stand for, in whole."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def _whole(node: ast.expr, names: dict[str, str]) -> str:
    """Return the whole name of a function that is called, as far as it is one."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    first = names.get(node.id, node.id) if isinstance(node, ast.Name) else "?"
    return ".".join([first, *reversed(parts)])


def _says_no_pickle(call: ast.Call) -> bool:
    given = {option.arg: option.value for option in call.keywords}
    value = given.get("allow_pickle")
    return isinstance(value, ast.Constant) and value.value is False and None not in given


def _is_harmless(call: ast.Call) -> bool:
    """Whether a module that is imported late is named, and does not unpickle."""
    name = call.args[0] if call.args else None
    is_named = isinstance(name, ast.Constant) and isinstance(name.value, str)
    return is_named and name.value.split(".")[0] not in FORBIDDEN_MODULES


def faults(tree: ast.AST) -> list[str]:
    """Return what in a module unpickles or evaluates, or may."""
    names = _names(tree)
    found = [name for name in names.values() if name.split(".")[0] in FORBIDDEN_MODULES]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = _whole(node.func, names)
            plain = called.removeprefix("?.")
            if called in FORBIDDEN_CALLS or plain.startswith("read_pickle"):
                found.append(called)
            if called == "importlib.import_module" and not _is_harmless(node):
                found.append(called)
            if called == "numpy.load" and not _says_no_pickle(node):
                found.append(called)
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_unpickles_or_evaluates(path: Path) -> None:
    assert faults(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from joblib import load",
        "import torch\ntorch.load(f)",
        "from torch import load\nload(f)",
        "import torch as t\nt.load(f)",
        "import torch\ntorch.jit.load(f)",
        "import torch.hub\ntorch.hub.load(f)",
        "import numpy as np\nnp.load(f)",
        "import numpy\nnumpy.load(f, allow_pickle=True)",
        "import numpy as np\nnp.load(f, None, True)",
        "import numpy as np\nnp.load(f, **{'allow_pickle': True})",
        "from numpy import load\nload(f)",
        "import pandas as pd\npd.read_pickle(f)",
        "import yaml\nyaml.load(f)",
        "import importlib\nimportlib.import_module('pickle')",
        "from importlib import import_module\nimport_module(name)",
        "import builtins\nbuiltins.eval(text)",
        "eval(text)",
    ],
)
def test_the_rule_finds_what_it_forbids(text: str) -> None:
    assert faults(ast.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "import numpy as np\nnp.load(f, allow_pickle=False)",
        "import json\njson.load(f)",
        "import re\nre.compile('a')",
        "from importlib import import_module\nimport_module('umap')",
        "model.eval()",
    ],
)
def test_the_rule_lets_pass_what_is_safe(text: str) -> None:
    assert faults(ast.parse(text)) == []


SPY = """
import json, os, socket

def note(*what):
    with open(os.environ["VAE_SPY"], "a") as file:
        file.write(json.dumps([str(part) for part in what]) + "\\n")

def spied(name):
    inner = getattr(socket.socket, name)
    def call(self, *args):
        address = args[-1]
        if isinstance(address, tuple):
            note(name, address[0])
        return inner(self, *args)
    return call

for name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, name, spied(name))
_find = socket.getaddrinfo
def getaddrinfo(host, *args, **more):
    note("getaddrinfo", host)
    return _find(host, *args, **more)
socket.getaddrinfo = getaddrinfo
note("loaded", os.getpid())
"""


@pytest.mark.slow
def test_a_server_that_starts_and_shows_every_page_speaks_to_no_other_machine(
    tmp_path, monkeypatch
):
    from server import app_server
    from student import Student

    (tmp_path / "sitecustomize.py").write_text(SPY)
    spied = tmp_path / "spied"
    spied.touch()
    env = {"PYTHONPATH": str(tmp_path), "VAE_SPY": str(spied), "VAE_TEACHER_KEY": "a long key"}

    async def visit(base: str) -> None:
        student = Student(base)
        for page in PAGES:
            await student.open(page)
        await student.close()

    # In a thread of its own: a browser of other tests may have a loop in this one.
    with app_server(env) as base, ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, visit(base)).result()
    lines = [json.loads(line) for line in spied.read_text().splitlines()]
    assert any(what == "loaded" for what, _value in lines), "the spy was not there"
    reached = {value for what, value in lines if what != "loaded"}
    assert reached <= {"127.0.0.1", "::1", "localhost", "None", "0.0.0.0"}, reached
