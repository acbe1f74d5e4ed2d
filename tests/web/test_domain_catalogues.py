"""Every text a resident may meet is there in every language, and the catalogues hold nothing else."""

from pathlib import Path

import pytest

from shared.services import SERVICES
from shared.web import catalogues
from shared.web.i18n import LANGUAGES, choose

FOLDERS = {folder.name: folder for folder in catalogues.folders(SERVICES)}
CASES = [(name, code) for name in FOLDERS for code in catalogues.TRANSLATED]


@pytest.mark.parametrize(("name", "code"), CASES)
def test_every_text_is_translated(name: str, code: str) -> None:
    assert sorted(catalogues.untranslated(FOLDERS[name], code)) == [], "run `make texts`, then fill in what is empty"


@pytest.mark.parametrize(("name", "code"), CASES)
def test_a_catalogue_is_as_the_command_writes_it(name: str, code: str) -> None:
    """Nothing is left of a text that is gone, and a run without new texts changes no file."""
    catalogue = (FOLDERS[name] / "locale" / f"{code}.po").read_bytes()
    assert catalogue.decode() == catalogues.brought_in_line(FOLDERS[name], code).decode(), "run `make texts`"


def test_a_text_without_translation_is_found(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text('{{ _("Hei, %(name)s", name=name) }}', encoding="utf-8")
    assert list(catalogues.untranslated(tmp_path, "nn")) == ["Hei, %(name)s"]
    catalogues.update(tmp_path, "nn")
    file = tmp_path / "locale" / "nn.po"
    assert list(catalogues.untranslated(tmp_path, "nn")) == ["Hei, %(name)s"]
    file.write_text(file.read_text(encoding="utf-8").replace('msgstr ""', 'msgstr "Hei %(navn)s"'), encoding="utf-8")
    assert list(catalogues.untranslated(tmp_path, "nn")) == ["Hei, %(name)s"], "another parameter is no translation"
    file.write_text(file.read_text(encoding="utf-8").replace("(navn)", "(name)"), encoding="utf-8")
    assert list(catalogues.untranslated(tmp_path, "nn")) == []


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("en;q=0.1,nb;q=0.9", "nb"),
        ("en;q=0.9,nb;q=0.1", "en"),
        ("nn-NO,nb;q=0.8,no;q=0.7,en;q=0.5", "nn"),
        ("no", "nb"),
        ("de-DE,de;q=0.9,en-GB;q=0.7", "en"),
        ("nb;q=0,en", "en"),
        ("de", "nb"),
        ("en;q=much,nn", "nn"),
        ("", "nb"),
    ],
)
def test_the_browsers_languages_count_by_their_weights(header: str, language: str) -> None:
    assert choose(None, None, header, LANGUAGES) == language
