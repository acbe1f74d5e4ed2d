"""The questionnaire file as a model; its JSON Schema is published, and a survey's frozen questionnaire is this too.

Question ids and option codes are stable: they are what answers are stored under, so they never change meaning, and a
changed text raises ``version``.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator

from services.surveys.questionnaire.rules import broken_rules

#: Languages a text may be given in; Bokmål always.
LANGUAGES = ("nb", "nn", "en")
SHORT_TEXT = 200
LONG_TEXT = 4_000

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Written = Annotated[str, Field(min_length=1, max_length=1_000)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Texts(_Part):
    """One text in each of the questionnaire's languages."""

    nb: Written
    nn: Written | None = None
    en: Written | None = None

    def to(self, language: str) -> str:
        """The text for a reader of ``language``, else Bokmål."""
        return {"nn": self.nn, "en": self.en}.get(language) or self.nb

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages this text is given in."""
        return tuple(code for code in LANGUAGES if getattr(self, code))


class Condition(_Part):
    """The question is asked only of those who chose one of these answers to an earlier question."""

    question: Code
    any_of: Annotated[tuple[StrictInt | Code, ...], Field(min_length=1)]
    """Option codes, or steps of a scale (1 to 5, or ``vet_ikke``)."""


class Option(_Part):
    """One answer to choose."""

    code: Code
    text: Texts


class _Question(_Part):
    id: Code
    text: Texts
    show_if: Condition | None = None
    required: bool = True


class OneChoice(_Question):
    """Exactly one of the options; stored as its code."""

    type: Literal["one_choice"]
    options: Annotated[tuple[Option, ...], Field(min_length=2)]


class SeveralChoices(_Question):
    """Any of the options, at most ``max``; stored as a list of codes in the options' order."""

    type: Literal["several_choices"]
    options: Annotated[tuple[Option, ...], Field(min_length=2)]
    max: Annotated[int, Field(ge=2)] | None = None


class Scale(_Question):
    """1 to 5 or "vet ikke"; stored as a whole number or ``vet_ikke``."""

    type: Literal["scale"]
    low: Texts
    """What 1 means."""
    high: Texts
    """What 5 means."""


class Number(_Question):
    """A number from ``min`` to ``max``; stored as a whole number, or with up to ``decimals`` decimals."""

    type: Literal["number"]
    min: int
    max: int
    decimals: Annotated[int, Field(ge=0, le=3)] = 0
    unit: Texts | None = None


class ShortText(_Question):
    """A line of at most 200 characters."""

    type: Literal["short_text"]


class LongText(_Question):
    """Free text of at most 4000 characters."""

    type: Literal["long_text"]


Question = Annotated[OneChoice | SeveralChoices | Scale | Number | ShortText | LongText, Field(discriminator="type")]


class Page(_Part):
    """One theme."""

    id: Code
    title: Texts
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]


class Questionnaire(_Part):
    """What a survey asks, page by page."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    version: Annotated[int, Field(ge=1)]
    title: Texts
    topic: Texts | None = None
    """The title in a word or two, for the subject of a mail: "ny undersøkelse om ..."."""
    introduction: Texts
    """Why the municipality asks, in a sentence or two."""
    minutes: Annotated[int, Field(ge=1, le=60)]
    """How long it takes to answer, told to residents: measured by trial."""
    pages: Annotated[tuple[Page, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _keeps_the_rules(self) -> "Questionnaire":
        broken = list(broken_rules(self))
        if broken:
            raise ValueError("\n".join(broken))
        return self

    @property
    def questions(self) -> tuple[Question, ...]:
        """Every question, in the order asked."""
        return tuple(question for page in self.pages for question in page.questions)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages every text is given in."""
        return self.title.languages

    def content(self) -> dict[str, Any]:
        """As stored with a survey and sent in SurveyOpened."""
        return self.model_dump(mode="json", exclude_none=True)


def json_schema() -> dict[str, Any]:
    """The published JSON Schema (draft 2020-12); rules that join several parts are the model's alone."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Questionnaire.model_json_schema()}
