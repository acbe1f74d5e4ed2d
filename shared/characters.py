"""Invisible characters: two texts that look alike count as alike."""

import re
import unicodedata
from functools import lru_cache

#: Drawn as nothing though they are letters or marks: Hangul fillers, joiners, variation selectors.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")


@lru_cache(maxsize=4096)
def _is_format(character: str) -> bool:
    return unicodedata.category(character) == "Cf"


def visible(text: str) -> str:
    """The text without characters that are drawn as nothing: zero-width spaces and joiners, soft hyphens, marks."""
    if text.isascii():
        return text
    return _BLANK.sub("", "".join(character for character in text if not _is_format(character)))


def plain(text: str) -> str:
    """A name, number or code as it is stored and compared: NFC, visible, every kind of space an ordinary one."""
    spaced = "".join(" " if unicodedata.category(character) == "Zs" else character for character in visible(text))
    return unicodedata.normalize("NFC", spaced).strip()
