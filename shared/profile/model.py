"""The profile of one installation."""

import hashlib
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from shared.profile.own_questions import MOST_QUESTIONS, Line, OwnQuestion

#: Languages the pages exist in; a profile chooses among them.
SPOKEN = ("nb", "nn", "en")
#: Pages whose text a municipality may write itself.
TEXT_PAGES = ("front", "about", "privacy", "accessibility")
#: What a panel is called that has no name of its own.
NOBODYS_NAME = {"nb": "Innbyggerpanelet", "nn": "Innbyggjarpanelet", "en": "The citizen panel"}
_LARGEST_LOGO = 60_000
_LONGEST_TEXT = 30_000

_Address = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^$|^[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+$")
]
_Texts = Mapping[str, str]
_Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]


class Profile(BaseModel):
    """One municipality's panel. Texts by language have at least the language that comes first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: _Number
    """Statistics Norway's number of the municipality; part of every event's source, so it never changes."""
    former_numbers: tuple[_Number, ...] = ()
    """Former numbers of it and of municipalities merged into it, as the postcode register still has them."""
    name: Line
    """``Bærum kommune``"""
    panel_name: Annotated[Mapping[str, Line], Field(min_length=1)] = NOBODYS_NAME
    contact_email: _Address = "innbyggerpanel@example.org"
    """The panel's own mailbox, shown to residents."""
    accessibility_url: Annotated[str, StringConstraints(pattern=r"^$|^https://[^\s<>\"]+$")] = ""
    """Where the statement is registered with the authority; empty: not yet."""
    data_protection_email: _Address = ""
    """The data protection officer's address; empty: none is shown."""
    accent: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] = "#1f5c53"
    logo: str = ""
    """The mark as SVG; empty: a mark that is nobody's."""
    languages: tuple[str, ...] = SPOKEN
    """Languages of the pages; a visitor without a wish gets the first."""
    start_size: int = Field(200, ge=1, le=1_000_000)
    """Members at which the first survey may go out."""
    goal_size: int = Field(500, ge=1, le=1_000_000)
    contact_cap: int = Field(6, ge=1, le=100)
    """Mails that ask something, per member and quarter, over surveys and meetings; ``shared.contact_cap`` counts."""
    minimum_age: int = Field(15, ge=13, le=99)
    """Age a resident turns this year at the latest."""
    age_wording: Mapping[str, Line] = {}
    """The box about age by language, where the municipality words it itself."""
    own_questions: Annotated[tuple[OwnQuestion, ...], Field(max_length=MOST_QUESTIONS)] = ()
    """Optional questions about oneself on the form for joining."""
    example_suggestion: _Texts = {}
    """The heading of a typical local matter, shown by the form; by language."""
    texts: Mapping[str, _Texts] = {}
    """Markdown by page (``TEXT_PAGES``) and language."""

    @field_validator("languages")
    @classmethod
    def _are_spoken(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or len(set(value)) < len(value) or not set(value) <= set(SPOKEN):
            raise ValueError(f"it must be one or more of {', '.join(SPOKEN)}, each once")
        return value

    @field_validator("logo")
    @classmethod
    def _is_a_picture(cls, value: str) -> str:
        if value and not re.match(r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<svg[\s>]", value, re.DOTALL):
            raise ValueError("it must be an SVG picture")
        if len(value) > _LARGEST_LOGO:
            raise ValueError(f"it must not be larger than {_LARGEST_LOGO} characters")
        return value

    @field_validator("texts")
    @classmethod
    def _are_known_pages(cls, value: Mapping[str, _Texts]) -> Mapping[str, _Texts]:
        if unknown := set(value) - set(TEXT_PAGES):
            raise ValueError(f"{', '.join(sorted(unknown))} is no page with a text: {', '.join(TEXT_PAGES)}")
        if any(len(text) > _LONGEST_TEXT for texts in value.values() for text in texts.values()):
            raise ValueError(f"a text must not be longer than {_LONGEST_TEXT} characters")
        return value

    @field_validator("own_questions")
    @classmethod
    def _are_told_apart(cls, value: tuple[OwnQuestion, ...]) -> tuple[OwnQuestion, ...]:
        answers = [answer for question in value for answer in question.answers]
        if len({question.id for question in value}) < len(value) or len(set(answers)) < len(answers):
            raise ValueError("each question needs an id of its own, and each of its options a code of its own")
        return value

    @model_validator(mode="after")
    def _starts_before_its_goal(self) -> Self:
        if self.start_size > self.goal_size:
            raise ValueError("start_size must not be larger than goal_size")
        return self

    @cached_property
    def version(self) -> str:
        """A fingerprint of the whole profile."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]

    def with_choices(self, choices: Mapping[str, Any]) -> "Profile":
        """This profile with the choices made on the page; texts are replaced page by page and language by language."""
        mine = self.model_dump()
        for field, value in choices.items():
            if field == "texts":
                mine["texts"] = {
                    page: dict(self.texts.get(page, {})) | dict(value.get(page, {})) for page in {*self.texts, *value}
                }
            else:
                mine[field] = value
        return Profile.model_validate(mine)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Numbers under which the postcode register may list the municipality."""
        return (self.number, *self.former_numbers)

    @property
    def own_answers(self) -> frozenset[str]:
        """Answers that members may have given about themselves."""
        return frozenset(answer for question in self.own_questions for answer in question.answers)

    def called(self, language: str) -> str:
        """The panel inside a sentence: its own name, or the word for any panel."""
        name = self.said(self.panel_name, language)
        return name[0].lower() + name[1:] if name in NOBODYS_NAME.values() else name

    def said(self, texts: _Texts, language: str) -> str:
        """The text in the reader's language, else in the first one offered that has it."""
        for code in (language, *self.languages, *SPOKEN):
            if texts.get(code):
                return texts[code]
        return ""
