"""The words of a letter: HTML as text, quotes and signature cut, which language it is in."""

import re
import unicodedata
from html.parser import HTMLParser


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BLOCKS = _set("address article blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre section table td th tr ul")
_SILENT = _set("head script style template title")
#: Control characters but line breaks and tab, and those that reorder text, as forms refuse them.
_REFUSED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff\ue000\ue001\ud800-\udfff]"
)
#: From here on a letter quotes another one.
_QUOTE_STARTS = re.compile(
    r"^\s*(-{2,}\s*(opprinnelig melding|original message|videresendt melding|forwarded message)\b.*"
    r"|(on|den|på|man|tir|ons|tor|fre|lør|søn)\b(?=.{0,200}\d).{0,200}\b(wrote|skrev)\b.{0,120}:"
    r"|.{1,120}\bskrev følgende:"
    r"|_{10,}\s*)$",
    re.IGNORECASE,
)
_QUOTE_HEADER = re.compile(r"^\s*\*?(fra|from|frå)\s*:\*?\s.+", re.IGNORECASE)
_QUOTE_HEADER_NEXT = re.compile(r"^\s*\*?(sendt|sent|dato|date|til|to)\s*:\*?\s", re.IGNORECASE)
_DEVICE = re.compile(r"^\s*(sendt fra|sent from|hent outlook|get outlook|skaff outlook)\b.{0,60}$", re.IGNORECASE)
_CLOSING = re.compile(
    r"^\s*((med\s+)?(vennlig|venleg|beste|hjertelig|varm)?e?\s*(hilsen|hilsning|helsing|helsning)\b"
    r"|mvh\b|vh\b|((with\s+)?(kind|best|warm)\s+)?regards\b|yours\s+(sincerely|faithfully)|sincerely\b)",
    re.IGNORECASE,
)
_LONGEST_SIGNATURE = 12
_LONGEST_CLOSING_LINE = 60

_COMMON = {
    "nb": _set("jeg ikke å og på som det er en til av hva mange fra noe bare være kommunen vei hvorfor"),
    "nn": _set("eg ikkje å og på som det er ein til av kva mange frå noko berre vere kommunen veg kvifor"),
    "en": _set("i not to and on the is a of what many from something only be for you with that why"),
}


def tidy(text: str) -> str:
    """NFC, line breaks as \\n, no control or reordering characters, at most one empty line in a row."""
    clean = _REFUSED.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " "))
    lines = [line.rstrip() for line in unicodedata.normalize("NFC", clean).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def cut(text: str) -> str:
    """The letter without what it quotes and without its signature, which holds names and numbers.

    A letter that would be empty then is kept as it is but for quotes, and with them when it is nothing else.
    """
    own = _without_quotes(text.split("\n"))
    kept = "\n".join(_without_signature(own)).strip()
    return tidy(kept) or tidy("\n".join(own)) or text


def _without_quotes(lines: list[str]) -> list[str]:
    kept: list[str] = []
    for number, line in enumerate(lines):
        following = lines[number + 1 : number + 5]
        begins = _QUOTE_STARTS.match(line) or (following and _QUOTE_STARTS.match(f"{line} {following[0]}".strip()))
        header = _QUOTE_HEADER.match(line) and any(_QUOTE_HEADER_NEXT.match(later) for later in following)
        if begins or header:
            break
        if not line.lstrip().startswith(">"):
            kept.append(line)
    return kept


def _without_signature(lines: list[str]) -> list[str]:
    for number, line in enumerate(lines):
        if line.rstrip() == "--":
            return lines[:number]
    kept = [line for line in lines if not _DEVICE.match(line)]
    while kept and not kept[-1].strip():
        kept.pop()
    for number in range(max(len(kept) - _LONGEST_SIGNATURE, 1), len(kept)):
        closing, after = kept[number], kept[number:]
        if _CLOSING.match(closing) and all(len(line) <= _LONGEST_CLOSING_LINE for line in after):
            return kept[:number]
    return kept


def guess_language(text: str) -> str:
    """``nb``, ``nn`` or ``en`` by the commonest words; Bokmål when it cannot be told."""
    words = re.findall(r"[a-zæøå]+", text.lower())
    scores = {code: sum(word in common for word in words) for code, common in _COMMON.items()}
    return max(scores, key=lambda code: (scores[code], code == "nb"))


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0
        self._quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        if tag == "blockquote":
            self._quoted += 1
        if tag in _BLOCKS:
            self._break()
            if tag == "li":
                self.pieces.append("- ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(self._silent - 1, 0)
        if tag in _BLOCKS:
            self._break()
        if tag == "blockquote":
            self._quoted = max(self._quoted - 1, 0)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(re.sub(r"\s+", " ", data))

    def _break(self) -> None:
        self.pieces.append("\n> " if self._quoted else "\n")


def html_to_text(html: str) -> str:
    """The words of an HTML letter, blocks on lines of their own, quotes marked by ``>``."""
    reader = _Words()
    reader.feed(html)
    reader.close()
    lines = (line.strip() for line in "".join(reader.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
