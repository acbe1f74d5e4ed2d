"""What every part of a questionnaire is made of: texts in the questionnaire's languages, codes, options."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_serializer
from pydantic import SerializerFunctionWrapHandler as Handler

#: Languages a text may be given in; Bokmål always.
LANGUAGES = ("nb", "nn", "en")
#: An earlier answer quoted in a text: ``{question}``.
QUOTE = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")
_NOTHING: Mapping[str, str] = MappingProxyType({})

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Written = Annotated[str, Field(min_length=1, max_length=1_000)]


class Part(BaseModel):
    """A piece of a questionnaire.

    Fields a newer publisher has added are ignored, and kept in the copy a consumer stores: a newer version of that
    consumer reads them there. What staff write is read with ``extra="forbid"`` (see ``rules.strict``).
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    @model_serializer(mode="wrap")
    def _without_what_is_not_there(self, handler: Handler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value is not None}


class Texts(Part):
    """One text in each of the questionnaire's languages; ``{question}`` in it quotes the answer to an earlier one."""

    nb: Written
    nn: Written | None = None
    en: Written | None = None

    def to(self, language: str, answers: Mapping[str, str] = _NOTHING) -> str:
        """The text for a reader of ``language``, else Bokmål; ``answers`` by question fill in what is quoted."""
        text = {"nn": self.nn, "en": self.en}.get(language) or self.nb
        return QUOTE.sub(lambda quote: answers.get(quote[1], "…"), text)

    @property
    def by_language(self) -> dict[str, str]:
        """The text by the codes of the languages it is given in, Bokmål first."""
        return {code: text for code in LANGUAGES if (text := getattr(self, code))}

    @property
    def quoted(self) -> frozenset[str]:
        """The questions whose answers it quotes in any language."""
        return frozenset(id_ for text in self.by_language.values() for id_ in QUOTE.findall(text))


class Choice(Part):
    """Something with a code and a text: an answer to choose, or a statement to take a stand on."""

    code: Code
    text: Texts


def texts_in(part: Part, place: str = "") -> Iterator[tuple[str, Texts]]:
    """Every text in the part with the place it stands at (``option ja``, ``low``), in the order of the fields."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, Texts):
                yield _joined(place, "" if isinstance(part, Choice) and name == "text" else name), inner
            elif isinstance(inner, Choice):
                yield from texts_in(inner, _joined(place, f"{name.removesuffix('s')} {inner.code}"))
            elif isinstance(inner, Part):
                yield from texts_in(inner, _joined(place, name))


def _joined(*places: str) -> str:
    return ": ".join(place for place in places if place)
