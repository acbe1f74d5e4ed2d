"""The municipality's own texts, with the blanks they leave."""

import re
from collections.abc import Mapping

_BLANK = re.compile(r"\{([a-z_]+)\}")


def filled_text(text: str, blanks: Mapping[str, str]) -> str:
    """The text with each ``{name}`` filled; a paragraph with a blank that has nothing to say is left out.

    A name that is none of ours stays as it was written.
    """
    paragraphs = [
        paragraph
        for paragraph in text.split("\n\n")
        if all(blanks.get(name, name) for name in _BLANK.findall(paragraph))
    ]
    return _BLANK.sub(lambda blank: blanks.get(blank[1], blank[0]), "\n\n".join(paragraphs))
