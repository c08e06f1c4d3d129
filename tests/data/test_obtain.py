"""A data set that a page gets, and how far it is."""

from idx_server import closed_url, use_mirrors
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

from vae.data import DATASETS, status


def offered() -> None:
    from vae.ui.shared.obtain import offer

    offer("mnist")


def test_a_page_gets_it_and_shows_how_far_it_is(spec, server, tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path))
    use_mirrors(spec, monkeypatch, closed_url())
    page = AppTest.from_function(offered, default_timeout=60).run()
    page.button[0].click().run()
    assert "no connection (Connection refused)" in page.error[0].value
    monkeypatch.setitem(DATASETS, spec.name, spec)
    shown: list[tuple[float, str]] = []
    monkeypatch.setattr(
        DeltaGenerator, "progress", lambda self, share, text: shown.append((share, text)) or self
    )
    server.pause, server.piece = 0.05, 16_384
    page.button[0].click().run()
    assert not page.exception
    assert not page.button
    assert status("mnist").ready
    shares = [share for share, _ in shown]
    assert shares == sorted(shares)
    assert len(set(shares)) > 3
    size = f"{spec.download_bytes / 1e6:.1f}"
    assert shown[-1] == (1.0, f"{size} of {size} MB")
