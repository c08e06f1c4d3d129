"""The browser's files as a package's components: declared, found, and missed with one sentence."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

PROJECT = Path(__file__).parents[2]


def test_each_declared_component_has_its_folder():
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    components = declared["tool"]["streamlit"]["component"]["components"]
    assert components
    assert all((PROJECT / "vae" / one["asset_dir"]).is_dir() for one in components)


def test_without_an_installation_the_app_says_so(monkeypatch):
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", list)
    app = AppTest.from_file(PROJECT / "streamlit_app.py", default_timeout=60).run()
    assert not app.exception
    (error,) = app.error
    assert "pip install -r requirements.txt" in error.value
    assert not app.title


def test_a_checkout_runs_its_own_code():
    """Whichever checkout the environment was installed from."""
    start = [sys.executable, "-c", "import vae; print(vae.__file__)"]
    answer = subprocess.run(start, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert Path(answer.stdout.strip()) == PROJECT / "vae" / "__init__.py"


_FIRST_PAGES = """
import sys
from driver import open_page
for page in ("home", "explore", "denoise", "detect", "generate", "train"):
    assert not open_page(page).exception
    assert "sklearn" not in sys.modules, page
"""


_STARTED = """
import asyncio, sys
from vae.ui.shared.warming import warmed
async def start():
    async with warmed(None):
        assert "pandas" in sys.modules
assert "pandas" not in sys.modules
asyncio.run(start())
"""


@pytest.mark.parametrize("code", [_FIRST_PAGES, _STARTED], ids=["pages", "start"])
def test_the_first_pages_of_a_server_wait_for_no_slow_import(code):
    """They do without scikit-learn, and pandas is there before the first of them."""
    start = [sys.executable, "-c", code]
    paths = os.pathsep.join([str(PROJECT), str(PROJECT / "tests"), str(PROJECT / "tests" / "ui")])
    run = subprocess.run(
        start, cwd=PROJECT, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
