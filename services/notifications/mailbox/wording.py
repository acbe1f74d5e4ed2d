"""The words of a letter: HTML as text, characters nobody sees removed, which language it is in."""

import re
import unicodedata
from html import unescape


def words_of(words: str) -> frozenset[str]:
    """The words of a line."""
    return frozenset(words.split())


_BLOCKS = words_of(
    "address article blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre section table td th tr ul"
)
_SILENT = words_of("script style title")
#: Control characters but line breaks and tab, and those that reorder text, as forms refuse them.
_REFUSED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff\ue000\ue001\ud800-\udfff]"
)
#: A tag, or what is none and shows nothing. An attribute that holds < or > is read wrong, and costs nothing more.
_TAG = re.compile(r"<!--|<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)>|<[!?/][^<>]*>")
#: Where mail programs put what the sender writes under every letter.
_SIGNATURE_ELEMENT = re.compile(
    r"(class|id)\s*=\s*[\"']?[^\"']*\b(gmail_signature|moz-signature|protonmail_signature_block"
    r"|ms-outlook-mobile-signature)\b"
)
_LONGEST_HTML = 1_000_000

_COMMON = {
    "nb": words_of("jeg ikke å og på som det er en til av hva mange fra noe bare være kommunen vei hvorfor"),
    "nn": words_of("eg ikkje å og på som det er ein til av kva mange frå noko berre vere kommunen veg kvifor"),
    "en": words_of("i not to and on the is a of what many from something only be for you with that why"),
}


def tidy(text: str) -> str:
    """NFC, line breaks as \\n, no control or reordering characters, at most one empty line in a row."""
    clean = _REFUSED.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " "))
    # "-- " alone marks a signature, with its space.
    lines = [line if line == "-- " else line.rstrip() for line in unicodedata.normalize("NFC", clean).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def guess_language(text: str) -> str:
    """``nb``, ``nn`` or ``en`` by the commonest words; Bokmål when it cannot be told."""
    words = re.findall(r"[a-zæøå]+", text.lower())
    scores = {code: sum(word in common for word in words) for code, common in _COMMON.items()}
    return max(scores, key=lambda code: (scores[code], code == "nb"))


def html_to_text(html: str) -> str:
    """The words of an HTML letter, blocks on lines of their own, quotes marked by ``>``, a signature by ``--``.

    In one pass whatever it holds: the standard library's parser takes minutes for a letter of unclosed tags.
    """
    html, at, quoted = html[:_LONGEST_HTML], 0, 0
    pieces: list[str] = []
    while element := _TAG.search(html, at):
        pieces.append(_words(html[at : element.start()]))
        at, tag = element.end(), (element[2] or "").lower()
        if element[0] == "<!--":
            at = _behind(html, "-->", at)
        elif tag in _SILENT and not element[1]:
            at = _behind(html, f"</{tag}[^<>]*>", at)
        elif tag in _BLOCKS:
            quoted += (tag == "blockquote") * (-1 if element[1] else 1)
            marked = not element[1] and _SIGNATURE_ELEMENT.search(element[3][:500])
            pieces.append(("\n\ue000\n" if marked else "") + ("\n> " if quoted > 0 else "\n"))
            if tag == "li" and not element[1]:
                pieces.append("- ")
    pieces.append(_words(html[at:]))
    lines = ("-- " if line == "\ue000" else line.strip() for line in "".join(pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _words(data: str) -> str:
    return re.sub(r"\s+", " ", unescape(data))


def _behind(html: str, mark: str, at: int) -> int:
    """The place behind the next ``mark``, a pattern; the end of the text without one."""
    match = re.compile(mark, re.IGNORECASE).search(html, at)
    return len(html) if match is None else match.end()
