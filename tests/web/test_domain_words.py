"""Texts people read, held to one form of each language, and free of sentences that were mended before."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from shared.services import SERVICES

ROOT = Path(__file__).parents[2]
#: Where Bokmål stands: templates, mails, guides, the handbook, questionnaires, texts of the profile, and code.
_BOKMAAL = (
    "services/**/templates/**/*.html", "services/**/templates/**/*.txt", "shared/web/templates/**/*.html",
    "services/**/*.md", "shared/web/guide.md", "shared/profile/shipped/**/*.nb.md", "services/**/*.py",
    "shared/web/**/*.py", "services/surveys/questionnaires/*.yaml", "shared/profile/shipped/**/*.yaml",
)  # fmt: skip
#: Sentences that were on the pages and read badly, as far as they must not come back.
_MENDED = (
    "Innbyggerpanelet får noen få undersøkelser", "Slik virker det", "Ventet ved slutten", "Kryss av for at du",
    r"Vi trenger særlig menn \d+–", "Postnummer finnes ikke", "skrevet med siffer", "Ikke få flere undersøkelser",
    "Ingenting har kommet ut av det ennå", "Ikke tatt videre", "En i kommunen leser", r"\b[Vv]entede svar",
    ">XLSX<", r"Last ned( tabellene| hele listen)?: <a[^>]*>CSV<",
)  # fmt: skip
#: filen, listen, klokken; allerede.
_OTHER_FORMS = (
    r"\b(fila|lista|klokka|sida|lenka|saka|boka|gruppa|tida|uka|ramma|døra|tavla)\b",
    r"\balt (nådd|brukt|fått|svart|lagt|sendt|gjort|tatt|slettet|har)\b", r"\b(er|har) alt (med|inne|her|på plass)\b",
    r"\bframmøte",
)  # fmt: skip
_NYNORSK = (
    r"\b(medlemer|medlemene|Medlemene)\b", r"[Ff]olkesetnad", "Tilgjengeerklæring", r"\b[Pp]rovet\b", r"\b[Dd]ifor\b",
    r"\b[Ss]varar\b", r"[Ll]enkja i han\b", r"\b(filen|listen|klokken|lenken)\b", r"\bikke\b", r"\balt svart\b",
    r"\b[Tt]rekning", r"\bgje\b", r"\bhenne\b", r"\bviss\b", r"\b(enn fem|var der,) svara\b",
    r"\b(dei som|[Hh]alvparten|[Ff]lest|fordi du|kven som|firedel) svara\b(?! på den)",
)  # fmt: skip
_ENGLISH = (r"\b[Ee]-mail", r"\bplaces?\b at “")


def bokmaal() -> Iterator[tuple[Path, str]]:
    """(file, its text without other languages' lines)."""
    for pattern in _BOKMAAL:
        for file in sorted(ROOT.glob(pattern)):
            text = file.read_text(encoding="utf-8")
            if file.suffix == ".yaml":
                text = re.sub(r"\bnn: (\"[^\"]*\"|[^,}\n]*)", "", text)
            yield file, text


def test_bokmaal_has_one_form_and_no_sentence_that_was_mended() -> None:
    texts = list(bokmaal())
    assert len(texts) > 200
    faults = [
        f"{file.relative_to(ROOT)}: {hit[0]}"
        for file, text in texts
        for words in (*_MENDED, *_OTHER_FORMS)
        for hit in re.finditer(words, text)
    ]
    assert faults == []


@pytest.mark.parametrize(("language", "words"), [("nn", _NYNORSK), ("en", _ENGLISH)])
def test_nynorsk_and_english_have_one_form(language: str, words: tuple[str, ...]) -> None:
    folders = [ROOT / "services" / name / "locale" for name in SERVICES] + [ROOT / "shared" / "web" / "locale"]
    texts: list[str] = []
    for folder in folders:
        with (folder / f"{language}.po").open("rb") as file:
            for message in read_po(file, locale=language):
                texts += [message.string] if isinstance(message.string, str) else message.string or ()
    texts += [file.read_text(encoding="utf-8") for file in ROOT.glob(f"shared/profile/shipped/**/*.{language}.md")]
    assert len(texts) > 500
    assert [(text, hit[0]) for text in texts for each in words if (hit := re.search(each, text))] == []


def test_the_lists_find_what_they_are_for() -> None:
    assert re.search(_OTHER_FORMS[0], "Last ned lista")
    assert re.search(_OTHER_FORMS[1], "det du alt har skrevet")
    assert re.search(_NYNORSK[-1], "Dei som svara, fordeler seg".lower())
    assert not re.search(_NYNORSK[-1], "svara på den")
