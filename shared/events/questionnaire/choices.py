"""Kinds of questions that are answered by choosing: one, several, the most important, steps of a scale."""

from typing import Annotated, Any, Literal

from pydantic import Field

from shared.events.questionnaire.conditions import Condition
from shared.events.questionnaire.parts import Choice, Code, Part, Texts

#: The answer to a scale by somebody who has no opinion.
DO_NOT_KNOW = "vet_ikke"
#: A picture travels with its questionnaire in one event, which must stay below 900 kB.
MOST_PICTURE_BYTES = 60_000
_MOST_BASE64 = MOST_PICTURE_BYTES * 4 // 3


class Asked(Part):
    """What every question has.

    ``codes`` are what its answers are made of, ``labels`` what these are called, ``chosen`` the codes of one stored
    answer, and ``fields`` the names of its fields in a form.
    """

    id: Code
    text: Texts
    help: Texts | None = None
    show_if: Condition | None = None
    required: bool = True
    bank: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}\.[a-z][a-z0-9_]{0,39}$")] | None = None
    """Where the same question was asked first: ``klima.reisemate``. None for a question that is new here."""
    same_meaning: bool | None = None
    """True where staff say that a changed wording asks the same, so that results still show a trend."""

    @property
    def codes(self) -> tuple[str, ...]:
        """In the order written; empty for numbers, days and texts."""
        return ()

    def labels(self, language: str, do_not_know: str) -> dict[str, str]:
        """What a reader of ``language`` sees for each code; ``do_not_know`` is "vet ikke" in that language."""
        del language, do_not_know
        return {}

    def chosen(self, answer: Any) -> tuple[str, ...]:
        """The codes of one stored answer."""
        return tuple(str(code) for code in answer) if isinstance(answer, list) else (str(answer),)

    @property
    def fields(self) -> tuple[str, ...]:
        """One, unless a kind says otherwise."""
        return (self.id,)


class Option(Choice):
    """One answer to choose."""

    exclusive: bool = False
    """Goes with no other: "ingen av disse". For several choices."""
    write: bool = False
    """The person may write what it is: "annet". The words are stored beside the answer, as ``<question>.<code>``."""


class Optioned(Asked):
    """Answers are options."""

    options: tuple[Option, ...]
    shuffle: bool = False
    """Shown in an order drawn anew for each page view; options that are ``exclusive`` or ``write`` stay last."""

    @property
    def codes(self) -> tuple[str, ...]:
        """The options'."""
        return tuple(option.code for option in self.options)

    def labels(self, language: str, do_not_know: str) -> dict[str, str]:
        """The options' texts."""
        del do_not_know
        return {option.code: option.text.to(language) for option in self.options}

    @property
    def written(self) -> dict[str, str]:
        """Option code -> name of the field, and of the stored answer, that holds what the person wrote beside it."""
        return {option.code: f"{self.id}.{option.code}" for option in self.options if option.write}

    @property
    def fields(self) -> tuple[str, ...]:
        """The choice, and what is written beside it."""
        return (self.id, *self.written.values())


class OneChoice(Optioned):
    """Exactly one of the options; stored as its code."""

    type: Literal["one_choice"]
    options: Annotated[tuple[Option, ...], Field(min_length=2)]


class SeveralChoices(Optioned):
    """Any of the options, at least ``min`` and at most ``max``; stored as a list of codes in the options' order."""

    type: Literal["several_choices"]
    options: Annotated[tuple[Option, ...], Field(min_length=2)]
    min: Annotated[int, Field(ge=1)] | None = None
    max: Annotated[int, Field(ge=1)] | None = None


class Picture(Part):
    """A picture that comes with the questionnaire, so that it is frozen with it."""

    png: Annotated[str | None, Field(max_length=_MOST_BASE64, pattern=r"^iVBORw0KGgo[A-Za-z0-9+/]*={0,2}$")] = None
    jpeg: Annotated[str | None, Field(max_length=_MOST_BASE64, pattern=r"^/9j/[A-Za-z0-9+/]*={0,2}$")] = None
    """Base64 of the file, at most 60 kB; one of the two."""
    shows: Texts
    """What it shows, for those who do not see it."""

    @property
    def address(self) -> str:
        """A ``data:`` address with the whole picture in it."""
        return f"data:image/png;base64,{self.png}" if self.png else f"data:image/jpeg;base64,{self.jpeg}"


class PicturedOption(Option):
    """An answer with or without a picture."""

    picture: Picture | None = None


class Pair(Optioned):
    """One of two, each with a text and perhaps a picture; stored as its code."""

    type: Literal["pair"]
    options: Annotated[tuple[PicturedOption, ...], Field(min_length=2, max_length=2)]


class Area(Optioned):
    """A part of the municipality; stored as its code. A file names none: a survey is planned with those there are."""

    type: Literal["area"]
    options: tuple[Option, ...] = ()


class Ranking(Optioned):
    """The ``most`` most important of the options, in order; stored as a list of codes, the most important first."""

    type: Literal["ranking"]
    options: Annotated[tuple[Option, ...], Field(min_length=2)]
    most: Annotated[int, Field(ge=2, le=10)] = 3

    @property
    def fields(self) -> tuple[str, ...]:
        """A list to choose from for each place: ``viktigst.1`` and so on."""
        return tuple(f"{self.id}.{place}" for place in range(1, self.most + 1))


class Steps(Asked):
    """Answers are steps of a scale, with a text at both ends or at each step."""

    steps: Annotated[int, Field(ge=2, le=11)] = 5
    first: Literal[0, 1] = 1
    """The first step's number."""
    low: Texts | None = None
    high: Texts | None = None
    """What the first and the last step mean."""
    each: tuple[Texts, ...] | None = None
    """What each step means, instead of ``low`` and ``high``."""
    do_not_know: bool = True
    """"Vet ikke" may be answered."""

    @property
    def scale(self) -> tuple[str, ...]:
        """The steps from low to high, without "vet ikke"."""
        return tuple(str(step) for step in range(self.first, self.first + self.steps))

    @property
    def codes(self) -> tuple[str, ...]:
        """The steps from low to high, then "vet ikke"."""
        return (*self.scale, DO_NOT_KNOW) if self.do_not_know else self.scale

    def labels(self, language: str, do_not_know: str) -> dict[str, str]:
        """Steps as figures, the ends with their meaning; or each step's own text."""
        if self.each:
            named = {code: text.to(language) for code, text in zip(self.scale, self.each, strict=False)}
        else:
            ends = {self.scale[0]: self.low, self.scale[-1]: self.high}
            named = {code: f"{code} {text.to(language)}" for code, text in ends.items() if text}
        return {code: named.get(code, code) for code in self.scale} | (
            {DO_NOT_KNOW: do_not_know} if self.do_not_know else {}
        )


class Scale(Steps):
    """A step of a scale or "vet ikke"; stored as a whole number or ``vet_ikke``."""

    type: Literal["scale"]


class Grid(Steps):
    """Several statements on one scale; stored as statement code -> step. Required means each of them."""

    type: Literal["grid"]
    statements: Annotated[tuple[Choice, ...], Field(min_length=2)]
    shuffle: bool = False
    """Statements are shown in an order drawn anew for each page view."""

    @property
    def fields(self) -> tuple[str, ...]:
        """One for each statement: ``tiltak.sykkel``."""
        return tuple(f"{self.id}.{statement.code}" for statement in self.statements)

    @property
    def scales(self) -> tuple[Scale, ...]:
        """Each statement as a question of its own, called as its field is."""
        shared = {name: getattr(self, name) for name in Steps.model_fields if name not in ("id", "text", "help")}
        return tuple(
            Scale.model_construct(type="scale", id=field, text=statement.text, **shared)
            for statement, field in zip(self.statements, self.fields, strict=True)
        )
