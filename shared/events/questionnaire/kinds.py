"""Every kind of question by its name in a file, and what a consumer reads a kind as that it does not know.

To add a kind, see "Add a kind of question" in the README. Kinds that are answered by choosing stand in ``choices``.
"""

from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import Discriminator, Field, GetJsonSchemaHandler, Tag, ValidationInfo, model_validator
from pydantic_core import CoreSchema

from shared.events.questionnaire.choices import Area, Asked, Grid, OneChoice, Pair, Ranking, Scale, SeveralChoices
from shared.events.questionnaire.parts import Texts

SHORT_TEXT = 200
LONG_TEXT = 4_000


class Number(Asked):
    """A number from ``min`` to ``max``; stored as a whole number, or with up to ``decimals`` decimals."""

    type: Literal["number"]
    min: int
    max: int
    decimals: Annotated[int, Field(ge=0, le=3)] = 0
    unit: Texts | None = None


class Year(Asked):
    """A year from ``min`` to ``max``; stored as a whole number."""

    type: Literal["year"]
    min: Annotated[int, Field(ge=1000, le=9999)]
    max: Annotated[int, Field(ge=1000, le=9999)]


class Day(Asked):
    """A day; stored as ``2026-05-17``."""

    type: Literal["date"]
    min: date | None = None
    max: date | None = None


class ShortText(Asked):
    """A line of at most ``max`` characters."""

    type: Literal["short_text"]
    max: Annotated[int, Field(ge=1, le=SHORT_TEXT)] = SHORT_TEXT


class LongText(Asked):
    """Free text of at most ``max`` characters."""

    type: Literal["long_text"]
    max: Annotated[int, Field(ge=1, le=LONG_TEXT)] = LONG_TEXT


class Information(Asked):
    """A text between the questions; nothing is answered."""

    type: Literal["information"]
    required: Literal[False] = False

    @property
    def fields(self) -> tuple[str, ...]:
        """None."""
        return ()


class UnknownQuestion(Asked):
    """A kind this version does not know: a newer publisher asked it. Its content is kept as it came.

    A consumer neither counts nor shows answers to it, and says so to staff.
    """

    id: str
    type: str

    @model_validator(mode="before")
    @classmethod
    def _nobody_writes_it(cls, content: Any, info: ValidationInfo) -> Any:
        if info.context == "written":
            raise ValueError(f"no kind of question is called {content.get('type')!r}")
        return content

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        content = handler.resolve_ref_schema(handler(schema))
        content["properties"]["type"]["not"] = {"enum": sorted(KINDS)}
        return content


def _kind_of(content: object) -> str:
    """The name of the content's kind, ``unknown`` when this version has none of that name."""
    name = content.get("type") if isinstance(content, dict) else getattr(content, "type", None)
    return name if name in KINDS else "unknown"


KnownQuestion = (
    OneChoice
    | SeveralChoices
    | Pair
    | Area
    | Ranking
    | Scale
    | Grid
    | Number
    | Year
    | Day
    | ShortText
    | LongText
    | Information
)
#: The kinds by the name a file gives them.
KINDS: dict[str, type[KnownQuestion]] = {
    get_args(kind.model_fields["type"].annotation)[0]: kind for kind in get_args(KnownQuestion)
}
#: Kinds whose answers no later text can quote: there is none, or it is more than a few words.
NOT_QUOTED = frozenset({"information", "long_text", "grid"})
Question = Annotated[
    Annotated[OneChoice, Tag("one_choice")]
    | Annotated[SeveralChoices, Tag("several_choices")]
    | Annotated[Pair, Tag("pair")]
    | Annotated[Area, Tag("area")]
    | Annotated[Ranking, Tag("ranking")]
    | Annotated[Scale, Tag("scale")]
    | Annotated[Grid, Tag("grid")]
    | Annotated[Number, Tag("number")]
    | Annotated[Year, Tag("year")]
    | Annotated[Day, Tag("date")]
    | Annotated[ShortText, Tag("short_text")]
    | Annotated[LongText, Tag("long_text")]
    | Annotated[Information, Tag("information")]
    | Annotated[UnknownQuestion, Tag("unknown")],
    Discriminator(_kind_of),
]
