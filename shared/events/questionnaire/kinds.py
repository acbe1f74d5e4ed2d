"""The kinds of questions, and how an answer to each is read.

To add a kind, see "Add a kind of question" in the README. Each says which codes its answers are made of (``codes``),
what they are called (``labels``) and which of them one stored answer holds (``chosen``).
"""

from typing import Annotated, Any, Literal, get_args

from pydantic import Discriminator, Field, GetJsonSchemaHandler, StrictInt, Tag, ValidationInfo, model_validator
from pydantic_core import CoreSchema

from shared.events.questionnaire.parts import Code, Option, Part, Texts

#: The answer to a scale by somebody who has no opinion.
DO_NOT_KNOW = "vet_ikke"
SCALE = (1, 2, 3, 4, 5)
SHORT_TEXT = 200
LONG_TEXT = 4_000


class Condition(Part):
    """The question is asked only of those who chose one of these answers to an earlier question."""

    question: Code
    any_of: Annotated[tuple[StrictInt | Code, ...], Field(min_length=1)]
    """Option codes, or steps of a scale (1 to 5, or ``vet_ikke``)."""


class Asked(Part):
    """What every question has."""

    id: Code
    text: Texts
    show_if: Condition | None = None
    required: bool = True

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes an answer is made of, in the order shown; empty for numbers and texts."""
        return tuple(option.code for option in getattr(self, "options", ()))

    def labels(self, language: str, do_not_know: str) -> dict[str, str]:
        """What a reader of ``language`` sees for each code; ``do_not_know`` is "vet ikke" in that language."""
        del do_not_know
        return {option.code: option.text.to(language) for option in getattr(self, "options", ())}

    def chosen(self, answer: Any) -> tuple[str, ...]:
        """The codes that one stored answer holds."""
        return tuple(str(code) for code in answer) if isinstance(answer, list) else (str(answer),)


class OneChoice(Asked):
    """Exactly one of the options; stored as its code."""

    type: Literal["one_choice"]
    options: Annotated[tuple[Option, ...], Field(min_length=2)]


class SeveralChoices(Asked):
    """Any of the options, at most ``max``; stored as a list of codes in the options' order."""

    type: Literal["several_choices"]
    options: Annotated[tuple[Option, ...], Field(min_length=2)]
    max: Annotated[int, Field(ge=2)] | None = None


class Scale(Asked):
    """1 to 5 or "vet ikke"; stored as a whole number or ``vet_ikke``."""

    type: Literal["scale"]
    low: Texts
    """What 1 means."""
    high: Texts
    """What 5 means."""

    @property
    def codes(self) -> tuple[str, ...]:
        """The steps from low to high, then "vet ikke"."""
        return (*(str(step) for step in SCALE), DO_NOT_KNOW)

    def labels(self, language: str, do_not_know: str) -> dict[str, str]:
        """Steps as figures, the ends with their meaning."""
        first, last = str(SCALE[0]), str(SCALE[-1])
        ends = {first: f"{first} {self.low.to(language)}", last: f"{last} {self.high.to(language)}"}
        return {code: ends.get(code, code) for code in self.codes} | {DO_NOT_KNOW: do_not_know}


class Number(Asked):
    """A number from ``min`` to ``max``; stored as a whole number, or with up to ``decimals`` decimals."""

    type: Literal["number"]
    min: int
    max: int
    decimals: Annotated[int, Field(ge=0, le=3)] = 0
    unit: Texts | None = None


class ShortText(Asked):
    """A line of at most 200 characters."""

    type: Literal["short_text"]


class LongText(Asked):
    """Free text of at most 4000 characters."""

    type: Literal["long_text"]


#: Kinds whose answers are words of their own.
WRITTEN = (ShortText, LongText)


class UnknownQuestion(Part):
    """A kind this version does not know: a newer publisher asked it. Its content is kept as it came.

    A consumer neither counts nor shows answers to it, and says so to staff.
    """

    id: str
    type: str
    text: Texts

    @model_validator(mode="before")
    @classmethod
    def _nobody_writes_it(cls, content: Any, info: ValidationInfo) -> Any:
        if info.context == "written":
            raise ValueError(f"no kind of question is called {content.get('type')!r}")
        return content

    @property
    def codes(self) -> tuple[str, ...]:
        """What answers are made of is not known here."""
        return ()

    def labels(self, language: str, do_not_know: str) -> dict[str, str]:
        """Nothing to call by name."""
        del language, do_not_know
        return {}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        made = handler.resolve_ref_schema(handler(schema))
        made["properties"]["type"]["not"] = {"enum": sorted(KINDS)}
        return made


def _kind_of(content: Any) -> str:
    """The name of the content's kind, ``unknown`` when this version has none of that name."""
    name = content.get("type") if isinstance(content, dict) else getattr(content, "type", None)
    return name if name in KINDS else "unknown"


KnownQuestion = OneChoice | SeveralChoices | Scale | Number | ShortText | LongText
#: The kinds by the name a file gives them.
KINDS: dict[str, type[KnownQuestion]] = {
    get_args(kind.model_fields["type"].annotation)[0]: kind for kind in get_args(KnownQuestion)
}
Question = Annotated[
    Annotated[OneChoice, Tag("one_choice")]
    | Annotated[SeveralChoices, Tag("several_choices")]
    | Annotated[Scale, Tag("scale")]
    | Annotated[Number, Tag("number")]
    | Annotated[ShortText, Tag("short_text")]
    | Annotated[LongText, Tag("long_text")]
    | Annotated[UnknownQuestion, Tag("unknown")],
    Discriminator(_kind_of),
]
