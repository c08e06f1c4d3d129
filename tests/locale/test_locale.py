"""Languages: which one is spoken, what the catalogues hold, and what no catalogue can."""

import string

import pytest

from vae import locale
from vae.locale import _, known, language, ngettext, numbers, spoken
from vae.locale.tools import catalogue, literals, sources


@pytest.fixture
def in_french(french):
    """Speak French, of which these messages are all there is."""
    french({"Draw": "Dessiner", ("code", "codes"): ("{n} code latent", "{n} codes latents")})
    with spoken("fr"):
        yield


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("fr-CA", "fr"),
        ("fr_FR.UTF-8", "fr"),
        ("FR", "fr"),
        ("en-GB", "en"),
        ("de", None),
        ("C.UTF-8", None),
        ("", None),
        (None, None),
    ],
)
def test_a_tag_stands_for_a_language(tag, code):
    assert known(tag) == code


def test_messages_are_said_in_the_language_of_the_block(in_french):
    assert (_("Draw"), _("Train"), _("")) == ("Dessiner", "Train", "")
    forms = [ngettext("code", "codes", n).format(n=n) for n in (0, 1, 2)]
    assert forms == ["0 code latent", "1 code latent", "2 codes latents"]
    with spoken("en"):
        assert _("Draw") == "Draw"
    assert language() == "fr"


def test_the_process_speaks_what_its_environment_says(monkeypatch):
    for name in ("VAE_LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    for said, code in (("fr_FR.UTF-8", "fr"), ("C.UTF-8", "en"), ("de_DE.UTF-8", "en")):
        monkeypatch.setenv("LANG", said)
        locale._of_process.cache_clear()
        assert locale._of_process() == code
    locale._of_process.cache_clear()


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("en", ["138", "0.833", "1,235", "−0.0123", "1.5e-7", "–", "83%", "1 min 5 s"]),
        ("fr", ["138", "0,833", "1\u202f235", "−0,0123", "1,5e-7", "–", "83\u202f%", "1 min 5 s"]),
    ],
)
def test_numbers_are_written_as_the_language_does(code, shown):
    values = (138.4, 0.8331, 1234.6, -0.01234, 1.5e-7, float("nan"))
    with spoken(code):
        found = [*map(numbers.number, values), numbers.percent(0.83), numbers.duration(65)]
    assert [text.replace("\xa0", "\u202f") for text in found] == shown


def test_a_form_of_a_number_has_the_signs_of_the_language():
    shown = []
    for code in ("en", "fr"):
        with spoken(code):
            shown += [numbers.formatted(12345.678, ",.1f"), numbers.formatted(0.5, ".1%")]
    assert shown == ["12,345.7", "50.0%", "12\u202f345,7", "50,0\u202f%"]


def test_a_message_writes_the_numbers_that_are_filled_in_as_its_language_does(french):
    french({"{x:.1f} of {name} ({n})": "{x:.1f} de {name} ({n})"})
    shown = []
    for code in ("en", "fr"):
        with spoken(code):
            shown.append(_("{x:.1f} of {name} ({n})").format(x=1234.56, name="a.b", n=1.5))
    assert shown == ["1234.6 of a.b (1.5)", "1234,6 de a.b (1.5)"]


def test_the_catalogues_are_those_of_the_sources():
    assert [*literals.faults(), *catalogue.faults()] == []


def test_every_kind_of_source_is_read():
    found = {
        place.rpartition(".")[2]
        for message in sources.messages()
        for place, _l in message.locations
    }
    assert {"py", "js", "html", "toml"} <= found | {"js"}


def test_a_message_that_is_missing_differs_or_is_not_used_is_named(tmp_path, monkeypatch):
    said = catalogue.empty("fr")
    said.add("gone", "parti")
    said.add("The explorer", "L'explorateur de {who}")
    now = catalogue.empty("fr")
    now.add("The explorer", None, [("vae/ui/component/lib/words.js", 1)])
    now.add("Train")
    (tmp_path / "vae.po").write_bytes(catalogue.written(said))
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    monkeypatch.setattr(catalogue, "po_file", lambda code: tmp_path / "vae.po")
    monkeypatch.setattr(catalogue, "messages", lambda: now)
    lines = list(catalogue.faults())
    for line in (
        "not used any more: 'gone'",
        "differs in who: 'The explorer'",
        "not translated: 'Train'",
    ):
        assert f"fr: {line}" in lines
    catalogue.split("fr", 2, tmp_path)
    part = (tmp_path / "0.po").read_text(encoding="utf-8")
    assert string.Template('msgid "$id"').substitute(id="Train") in part
    (tmp_path / "0.po").write_text(
        part.replace('msgid "Train"\nmsgstr ""', 'msgid "Train"\nmsgstr "Entraîner"')
    )
    catalogue.merge("fr", [tmp_path / "0.po"])
    assert not any("Train" in line for line in catalogue.faults())
    whole = (tmp_path / "vae.po").read_text(encoding="utf-8")
    guessed = whole.replace('msgid "Train"', '#, fuzzy\nmsgid "Train"')
    (tmp_path / "vae.po").write_text(guessed, encoding="utf-8")
    assert "fr: not translated: 'Train'" in catalogue.faults()
    (tmp_path / "vae.po").write_text(f"# By hand.\n{whole}", encoding="utf-8")
    assert any("vae.po is out of date" in line for line in catalogue.faults())
    assert "L'explorateur" in catalogue.browser_file("fr").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("source", "is_fault"),
    [
        ('st.button("Train")', True),
        ('st.button(_("Train"))', False),
        ('st.slider(_("d"), help=f"At most {n} of them")', True),
        ('raise UserError("no run")', True),
        ('raise UserError(_("no run {name}").format(name=name))', False),
        ('_(f"no run {name}")', True),
        ('st.columns([1, 2], gap="small")', False),
        ('controls.toggle("Labels", "labels")', True),
        ('typer.Option(help="Seed")', True),
        ('_("no run {name}").format(run=name)', True),
        ('f"{_(name)} ({number})"', False),
        ("f\"{_('Done')} ({number})\"", True),
        ('ngettext("one run", "{n} runs", n).format(n=n)', False),
    ],
)
def test_a_text_that_cannot_be_translated_is_found(source, is_fault):
    assert bool(list(literals.in_source(source, is_command=True))) == is_fault


@pytest.mark.parametrize(
    ("source", "is_fault"),
    [
        ('LABEL = _("Train")', True),
        ('LABEL = N_("Train")', False),
        ('def pick(what=_("run")): ...', True),
        ('@cached(words=_("run"))\ndef pick(): ...', True),
        ('def pick(): return _("run")', False),
        ('TITLE = lambda: _("run")', False),
    ],
)
def test_what_is_translated_at_the_import_is_found(source, is_fault):
    assert bool(list(literals.in_source(source))) == is_fault


@pytest.mark.parametrize(
    ("look", "source", "is_fault"),
    [
        (literals.in_script, 'button.title = "Save it";', True),
        (literals.in_script, 'button.title = gettext("Save it");', False),
        (literals.in_script, "words.textContent = `${n} codes`;", True),
        (literals.in_script, 'words.textContent = `${gettext("{n} codes", { n })} ${x}`;', False),
        (literals.in_script, 'root.setAttribute("aria-label", "Map");', True),
        (literals.in_script, 'root.setAttribute("class", "map");', False),
        (literals.in_template, "<p>Nothing yet</p>", True),
        (literals.in_template, "<p>{{ _('Nothing yet') }}</p><b>KL</b>", False),
        (literals.in_template, '<img alt="A map" class="wide">', True),
        (literals.in_template, '<img alt="{{ title }}" class="wide">', False),
    ],
)
def test_a_literal_that_the_browser_shows_is_found(look, source, is_fault):
    assert bool(list(look(source))) == is_fault
