"""A questionnaire: what is said of it before it is opened, and what it asks, page by page.

Question ids and option codes are stable: they are what answers are stored under, so they never change meaning, and a
changed text raises ``version``.
"""

from typing import Annotated, Any

from pydantic import Field

from shared.events.questionnaire.choices import Grid
from shared.events.questionnaire.conditions import Condition
from shared.events.questionnaire.kinds import Information, KnownQuestion, Question, UnknownQuestion
from shared.events.questionnaire.parts import Code, Part, Texts


class Page(Part):
    """One theme."""

    id: Code
    title: Texts
    show_if: Condition | None = None
    """Whom the page is for; each question on it may have a condition besides."""
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]

    @property
    def known(self) -> tuple[KnownQuestion, ...]:
        """The questions, and information, of a kind this version knows."""
        return tuple(question for question in self.questions if not isinstance(question, UnknownQuestion))


class Cover(Part):
    """What a mail or a list says of a questionnaire: all that a reader needs who does not ask its questions."""

    title: Texts
    topic: Texts | None = None
    """The title in a word or two, for the subject of a mail: "ny undersøkelse om ..."."""
    introduction: Texts
    """Why the municipality asks, in a sentence or two."""
    minutes: Annotated[int, Field(ge=1, le=60)]
    """How long it takes to answer, told to residents: measured by trial."""


class Questionnaire(Cover):
    """What a survey asks, page by page."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    version: Annotated[int, Field(ge=1)]
    pages: Annotated[tuple[Page, ...], Field(min_length=1)]

    @property
    def parts(self) -> tuple[KnownQuestion | UnknownQuestion, ...]:
        """Everything on the pages, in the order asked."""
        return tuple(question for page in self.pages for question in page.questions)

    @property
    def questions(self) -> tuple[KnownQuestion, ...]:
        """Every question of a kind this version knows that can be answered, in the order asked."""
        return tuple(q for page in self.pages for q in page.known if not isinstance(q, Information))

    @property
    def asked_of_some(self) -> int:
        """How many more questions people can get by what they answer, counted in the same way."""
        every = sum(len(question.fields) if isinstance(question, Grid) else 1 for question in self.questions)
        return every - self.asked_of_all

    @property
    def asked_of_all(self) -> int:
        """How many questions everybody gets, each statement of a grid for itself: the number all pages tell."""
        return sum(
            len(question.fields) if isinstance(question, Grid) else 1
            for page in self.pages
            for question in page.known
            if not (page.show_if or question.show_if or isinstance(question, Information))
        )

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages every text is given in."""
        return tuple(self.title.by_language)

    def content(self) -> dict[str, Any]:
        """As a file holds it."""
        return self.model_dump(mode="json")


def json_schema() -> dict[str, Any]:
    """The published JSON Schema (draft 2020-12) of files; rules that join several parts are in ``rules`` alone."""
    schema = Questionnaire.model_json_schema()
    unknown = {"$ref": f"#/$defs/{UnknownQuestion.__name__}"}
    schema["$defs"].pop(UnknownQuestion.__name__)
    schema["$defs"]["Page"]["properties"]["questions"]["items"]["oneOf"].remove(unknown)
    for part in (schema, *schema["$defs"].values()):
        part["additionalProperties"] = False
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
