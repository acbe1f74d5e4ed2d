"""What every part of a questionnaire is made of: texts in the questionnaire's languages, codes, options."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_serializer
from pydantic import SerializerFunctionWrapHandler as Handler

#: Languages a text may be given in; Bokmål always.
LANGUAGES = ("nb", "nn", "en")

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
    """One text in each of the questionnaire's languages."""

    nb: Written
    nn: Written | None = None
    en: Written | None = None

    def to(self, language: str) -> str:
        """The text for a reader of ``language``, else Bokmål."""
        return {"nn": self.nn, "en": self.en}.get(language) or self.nb

    @property
    def by_language(self) -> dict[str, str]:
        """The text by the codes of the languages it is given in, Bokmål first."""
        return {code: text for code in LANGUAGES if (text := getattr(self, code))}


class Option(Part):
    """One answer to choose."""

    code: Code
    text: Texts


def texts_in(part: Part, place: str = "") -> Iterator[tuple[str, Texts]]:
    """Every text in the part with the place it stands at (``option ja``, ``low``), in the order of the fields."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, Texts):
                yield _joined(place, "" if isinstance(part, Option) else name), inner
            elif isinstance(inner, Option):
                yield from texts_in(inner, _joined(place, f"{name.removesuffix('s')} {inner.code}"))


def _joined(*places: str) -> str:
    return ": ".join(place for place in places if place)
