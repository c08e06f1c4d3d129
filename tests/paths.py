"""Where the repository keeps what tests read."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENTRY = ROOT / "streamlit_app.py"
SHIPPED = ROOT / "checkpoints"
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
