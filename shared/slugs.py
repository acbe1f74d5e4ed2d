"""Words of an address that people can read and say aloud."""

import re
from collections.abc import Collection


def slug(text: str, *, longest: int = 0, separator: str = "-") -> str:
    """``text`` in a-z, 0-9 and ``separator``; longer than ``longest`` letters it is cut, 0: never."""
    # Its table of every letter there is takes 5 MB, in a process that may never need it.
    from slugify import slugify

    return slugify(text, max_length=longest, separator=separator)


def slug_words(text: str, longest: int, otherwise: str) -> str:
    """``tryggere-skolevei-pa-rykkinn`` of a heading, at most ``longest`` letters; ``otherwise`` if nothing is left."""
    return slug(text, longest=longest) or otherwise


def free_slug(base: str, slugs: Collection[str]) -> str:
    """``base``, or with the first number behind it that nothing has."""
    numbered = (base if number == 1 else f"{base}-{number}" for number in range(1, len(slugs) + 2))
    return next(slug for slug in numbered if slug not in slugs)


def is_slug(text: str) -> bool:
    """Whether anything of ours could have this address; nothing else is looked up, for Postgres takes no NUL."""
    return re.fullmatch(r"[a-z0-9-]{1,100}", text) is not None
