"""The rules of a letter."""

import re

_LONGEST_GREETED_NAME = 60


def greeted_name(name: str | None) -> str | None:
    """The name a letter greets, or None.

    Anybody may type anybody's address and any name into the join form, so a name that is long or holds an address
    is not repeated to a stranger.
    """
    clean = " ".join((name or "").split())
    if not clean or len(clean) > _LONGEST_GREETED_NAME or re.search(r"[/@:<>]|\bwww\b|\.\w{2,}", clean):
        return None
    return clean
