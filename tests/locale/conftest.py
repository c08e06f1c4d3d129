"""French of a few messages, in place of the catalogue."""

import pytest

from vae import locale
from vae.locale.tools import catalogue


@pytest.fixture
def french(tmp_path, monkeypatch):
    """Return what lets French have these messages alone."""

    def say(pairs: dict[str | tuple[str, str], str | tuple[str, str]]) -> None:
        made = catalogue.empty("fr")
        for message, said in pairs.items():
            made.add(message, said)
        path = tmp_path / "vae.po"
        path.write_bytes(catalogue.written(made))
        monkeypatch.setattr(locale, "po_file", lambda code: path)
        forget()

    def forget() -> None:
        locale._catalogue.cache_clear()
        locale._patterns.cache_clear()

    yield say
    forget()
