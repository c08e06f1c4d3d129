"""What the program never does: unpickle, evaluate text, or speak to other machines by itself."""

import ast
import asyncio
import json
from pathlib import Path

import pytest
from paths import PAGES, ROOT

FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
SOURCES = [*(ROOT / "vae").rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "streamlit_app.py"]


def faults(tree: ast.AST) -> list[str]:
    """Return what in a module unpickles or evaluates, or may."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = {alias.name.split(".")[0] for alias in node.names}
            found += sorted(names & FORBIDDEN_MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module.split(".")[0] in FORBIDDEN_MODULES:
                found.append(node.module)
        elif isinstance(node, ast.Call):
            function = node.func
            options = {option.arg for option in node.keywords}
            if isinstance(function, ast.Name) and function.id in FORBIDDEN_CALLS:
                found.append(function.id)
            if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
                called = f"{function.value.id}.{function.attr}"
                # numpy does not unpickle unless it is asked to; torch always may.
                if called == "torch.load" or (called == "np.load" and "allow_pickle" in options):
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
        "np.load(f, allow_pickle=True)",
        "eval(text)",
    ],
)
def test_the_rule_finds_what_it_forbids(text: str) -> None:
    assert faults(ast.parse(text))


SPY = """
import json, os, socket
_connect = socket.socket.connect
def connect(self, address):
    if isinstance(address, tuple):
        with open(os.environ["VAE_SPY"], "a") as file:
            file.write(json.dumps([str(part) for part in address]) + "\\n")
    return _connect(self, address)
socket.socket.connect = connect
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

    with app_server(env) as base:
        asyncio.run(visit(base))
    reached = {json.loads(line)[0] for line in spied.read_text().splitlines()}
    assert reached <= {"127.0.0.1", "::1", "localhost"}, reached
