"""Languages: templates are written in Bokmål, gettext catalogues give Nynorsk and English."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from babel import negotiate_locale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations

LANGUAGES = ("nb", "nn", "en")
NAMES = {"nb": "Bokmål", "nn": "Nynorsk", "en": "English"}
_LOCALES = {"nb": "nb_NO", "nn": "nn_NO", "en": "en_GB"}
_SHELL = Path(__file__).parent / "locale"


@lru_cache(maxsize=64)
def _read(file: Path) -> Translations | None:
    """A catalogue from its text file; compiled in memory, so that no binary rests in the repository."""
    if not file.exists():
        return None
    with file.open("rb") as source:
        catalogue = read_po(source, locale=file.stem)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


@dataclass(frozen=True)
class Language:
    """One language's texts and formats."""

    code: str
    zone: ZoneInfo
    gettext: Callable[[str], str]
    ngettext: Callable[[str, str, int], str]

    def number(self, value: float, decimals: int = 0) -> str:
        """``12 345`` or ``3,4``."""
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        # Adding nothing makes a rounded -0.0 a 0.
        return format_decimal(round(value, decimals) + 0, pattern, locale=_LOCALES[self.code])

    def percent(self, share: float, decimals: int = 0) -> str:
        """``38 %`` of a share between 0 and 1."""
        return f"{self.number(share * 100, decimals)}\u00a0%"

    def listed(self, words: Sequence[str]) -> str:
        """``a, b og c``."""
        return format_list(words, locale=_LOCALES[self.code])

    def date(self, value: date | datetime, length: Literal["long", "medium"] = "long") -> str:
        """``12. november 2027``, or ``12. nov. 2027`` in a narrow column; an instant is the installation's day."""
        day = value.astimezone(self.zone) if isinstance(value, datetime) else value
        return format_date(day, length, locale=_LOCALES[self.code])

    def weekday(self, value: datetime) -> str:
        """``tirsdag``, of the instant's day in the installation's zone."""
        return format_date(value.astimezone(self.zone), "EEEE", locale=_LOCALES[self.code])

    def datetime(self, value: datetime) -> str:
        """``12. mars 2027 kl. 14:05`` in the installation's zone."""
        return format_datetime(
            value,
            "d. MMMM y 'kl.' HH:mm" if self.code != "en" else "d MMMM y HH:mm",
            tzinfo=self.zone,
            locale=_LOCALES[self.code],
        )


def language(code: str, zone: ZoneInfo, folders: Iterable[Path]) -> Language:
    """The language ``code`` with the shell's texts and those of ``folders`` (a service's ``locale``)."""
    merged = Translations()
    for folder in (_SHELL, *folders):
        catalogue = _read(folder / f"{code}.po")
        if catalogue is not None:
            merged = merged.merge(catalogue) if merged._catalog else _copy(catalogue)
    return Language(code, zone, merged.gettext, merged.ngettext)


def _copy(source: Translations) -> Translations:
    copied = Translations()
    copied._catalog = dict(source._catalog)
    copied.plural = source.plural
    return copied


def available(folder: Path) -> tuple[str, ...]:
    """Bokmål, and each language that both the shell and the service (its ``locale`` folder) are translated to."""
    translated = (code for code in LANGUAGES[1:] if all((f / f"{code}.po").exists() for f in (_SHELL, folder)))
    return ("nb", *translated)


def choose(query: str | None, cookie: str | None, accept: str, languages: tuple[str, ...]) -> str:
    """The language asked for in the address, remembered in the cookie, or preferred by the browser; else the first."""
    for code in (query, cookie):
        if code in languages:
            return code
    return negotiate_locale(_preferred(accept), languages, sep="-", aliases={"no": "nb"}) or languages[0]


def _preferred(accept: str) -> list[str]:
    """The codes of an Accept-Language header (RFC 9110, 12.5.4), the most wanted first, without those refused (q=0)."""
    weighed: list[tuple[float, str]] = []
    for part in accept.lower().split(","):
        code, _, weight = part.partition(";")
        number = re.fullmatch(r"\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*", weight)
        quality = float(number[1]) if number else 0.0 if weight.strip() else 1.0
        if code.strip() and quality > 0:
            weighed.append((quality, code.strip()))
    return [code for _, code in sorted(weighed, key=lambda pair: -pair[0])]
