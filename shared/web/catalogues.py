"""Compares catalogues with the texts in use, and gives each new text an empty place."""

from collections.abc import Iterable, Iterator
from importlib import resources
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from shared.web.i18n import LANGUAGES

#: Languages that have a catalogue: the texts themselves are Bokmål.
TRANSLATED = LANGUAGES[1:]

_KEYWORDS = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2)}


def folders(services: Iterable[str]) -> Iterator[Path]:
    """The shell's folder and each service's."""
    for package in ("shared.web", *(f"services.{name}" for name in services)):
        yield Path(str(resources.files(package)))


def texts_of(folder: Path) -> Catalog:
    """The texts residents may meet in ``folder`` (a service or the shell): templates, mails, Python.

    Staff read Bokmål: templates on the staff frame, their cards, and ``staff*`` and ``import*`` modules are left out.
    """
    catalogue = Catalog()
    for file in sorted(folder.rglob("*")):
        if file.suffix == ".py" and not file.name.startswith(("staff", "import")):
            method, options = "python", {}
        elif file.suffix in (".html", ".txt") and not _for_staff(file):
            method, options = "jinja2", {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true"}
        else:
            continue
        with file.open("rb") as source:
            for line, message, _, _ in extract(method, source, keywords=_KEYWORDS, options=options):
                catalogue.add(message, locations=[(str(file.relative_to(folder)), line)])
    return catalogue


def _for_staff(file: Path) -> bool:
    return file.stem.startswith(("staff", "card")) or "shell/staff.html" in file.read_text(encoding="utf-8")


def read(folder: Path, code: str) -> Catalog:
    """The catalogue ``<folder>/locale/<code>.po``, empty when there is none."""
    file = folder / "locale" / f"{code}.po"
    if not file.exists():
        return Catalog(locale=code)
    with file.open("rb") as source:
        return read_po(source, locale=code)


def untranslated(folder: Path, code: str) -> Iterator[str]:
    """Texts of ``folder`` that the catalogue lacks, has empty, has marked fuzzy, or fills with other parameters."""
    catalogue = read(folder, code)
    for message in texts_of(folder):
        if not message.id:
            continue
        entry = catalogue.get(message.id)
        translation = entry.string if entry else ""
        complete = all(translation) if isinstance(translation, tuple | list) else bool(translation)
        if entry is None or not complete or entry.fuzzy or list(entry.check(catalogue)):
            yield message.id if isinstance(message.id, str) else message.id[0]


def brought_in_line(folder: Path, code: str) -> bytes:
    """The catalogue's file with the texts in use alone, in their order; new ones have an empty place."""
    catalogue, fresh = read(folder, code), Catalog(locale=code, fuzzy=False)
    for message in texts_of(folder):
        if message.id:
            entry = catalogue.get(message.id)
            fresh.add(message.id, entry.string if entry else "", flags=message.flags)
    target = BytesIO()
    write_po(target, fresh, width=0, omit_header=True, sort_output=True)
    return target.getvalue()


def update(folder: Path, code: str) -> None:
    """Give each new text an empty place in the catalogue, and drop those no longer in use."""
    file = folder / "locale" / f"{code}.po"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(brought_in_line(folder, code))
