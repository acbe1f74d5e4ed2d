"""The municipality's own texts, with the blanks they leave."""

import re
from collections.abc import Mapping

_BLANK = re.compile(r"\{([a-z_]+)\}")


def filled_text(text: str, blanks: Mapping[str, str]) -> str:
    """The text with each ``{name}`` filled; a paragraph with a blank that has nothing to say is left out.

    A name that is none of ours stays as it was written.
    """
    kept = [
        paragraph
        for paragraph in text.split("\n\n")
        if all(blanks.get(name, name) for name in _BLANK.findall(paragraph))
    ]
    return _BLANK.sub(lambda found: blanks.get(found[1], found[0]), "\n\n".join(kept))
