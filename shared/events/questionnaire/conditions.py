"""Conditions: whom a question or a page is for, by what was answered before."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Discriminator, Field, StrictFloat, StrictInt, Tag, ValidationInfo, model_validator

from shared.events.questionnaire.parts import Code, Part

#: A question, or one statement of a grid: ``tiltak`` or ``tiltak.sykkel``.
Place = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39})?$")]
Conditions = Annotated[tuple["Condition", ...], Field(min_length=1, max_length=20)]
Figure = StrictInt | StrictFloat


class Answered(Part):
    """An earlier question was answered: with one of ``any_of``, or a number within the limits, or at all."""

    question: Place
    any_of: Annotated[tuple[StrictInt | Code, ...], Field(min_length=1)] | None = None
    """Option codes, or steps of a scale (or ``vet_ikke``)."""
    at_least: Figure | None = None
    at_most: Figure | None = None

    @model_validator(mode="after")
    def _asks_for_one_thing(self) -> "Answered":
        if self.any_of is not None and (self.at_least is not None or self.at_most is not None):
            raise ValueError("a condition names answers (any_of) or limits (at_least, at_most), not both")
        return self


class Every(Part):
    """All of them hold."""

    all: Conditions


class Some(Part):
    """At least one of them holds."""

    any: Conditions


class NoneOf(Part):
    """None of them holds."""

    none: Conditions


class UnknownCondition(Part):
    """A condition this version does not know; it never holds."""

    @model_validator(mode="before")
    @classmethod
    def _nobody_writes_it(cls, content: object, info: ValidationInfo) -> object:
        if info.context == "written":
            raise ValueError("a condition has question, all, any or none")
        return content


def _form_of(content: object) -> str:
    for name in ("question", "all", "any", "none"):
        if name in content if isinstance(content, dict) else hasattr(content, name):
            return name
    return "unknown"


Condition = Annotated[
    Annotated[Answered, Tag("question")]
    | Annotated[Every, Tag("all")]
    | Annotated[Some, Tag("any")]
    | Annotated[NoneOf, Tag("none")]
    | Annotated[UnknownCondition, Tag("unknown")],
    Discriminator(_form_of),
]
for _group in (Every, Some, NoneOf):
    _group.model_rebuild()


def holds(condition: Condition | None, answers: Mapping[str, Any]) -> bool:
    """Whether the condition holds for these answers, by question as stored; no condition always holds."""
    match condition:
        case None:
            return True
        case Answered():
            return _is_answered(condition, answers)
        case Every():
            return all(holds(inner, answers) for inner in condition.all)
        case Some():
            return any(holds(inner, answers) for inner in condition.any)
        case NoneOf():
            return not any(holds(inner, answers) for inner in condition.none)
        case UnknownCondition():
            return False


def _is_answered(condition: Answered, answers: Mapping[str, Any]) -> bool:
    question, _, statement = condition.question.partition(".")
    answer = answers.get(question)
    if statement:
        answer = answer.get(statement) if isinstance(answer, dict) else None
    if answer is None:
        return False
    if condition.any_of is not None:
        return any(value in condition.any_of for value in (answer if isinstance(answer, list) else [answer]))
    if condition.at_least is None and condition.at_most is None:
        return True
    return isinstance(answer, int | float) and (
        (condition.at_least is None or answer >= condition.at_least)
        and (condition.at_most is None or answer <= condition.at_most)
    )


def named_in(condition: Condition | None) -> Iterator[Answered]:
    """The earlier answers the condition depends on."""
    match condition:
        case Answered():
            yield condition
        case Every():
            yield from (name for inner in condition.all for name in named_in(inner))
        case Some():
            yield from (name for inner in condition.any for name in named_in(inner))
        case NoneOf():
            yield from (name for inner in condition.none for name in named_in(inner))
