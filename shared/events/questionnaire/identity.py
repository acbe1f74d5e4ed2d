"""A question over surveys: what it is called in all of them, and whether its wording is still the same."""

from collections.abc import Mapping

from shared.events.questionnaire.kinds import KINDS

#: What a wording is made of; a help text, who is asked and the order on the page are none of it.
_WORDING = ("type", "text", "options", "statements", "steps", "first", "low", "high", "each", "most", "unit")


def identity_of(questionnaire: str, question: Mapping[str, object]) -> str:
    """``klima.reisemate``: where the question was asked first; ``question`` as a file holds it."""
    return str(question.get("bank") or f"{questionnaire}.{question['id']}")


def wording(question: Mapping[str, object]) -> dict[str, object]:
    """What the question asks in Bokmål, and what may be answered; translations and pictures left out."""
    fields = KINDS[question["type"]].model_fields if question["type"] in KINDS else {}
    words = {}
    for name in _WORDING:
        usual = fields[name].default if name in fields and not fields[name].is_required() else None
        if (value := question.get(name, usual)) is not None:
            words[name] = _in_bokmal(value)
    return words


def is_continued(before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    """Whether answers to both can stand in one trend: the same words, or other words that staff say mean the same."""
    if before["type"] != after["type"]:
        return False
    return wording(before) == wording(after) or bool(after.get("same_meaning"))


def _in_bokmal(value: object) -> object:
    if isinstance(value, Mapping):
        if "nb" in value:
            return " ".join(str(value["nb"]).split())
        return {name: _in_bokmal(inner) for name, inner in value.items() if name in ("code", "text")}
    return [_in_bokmal(inner) for inner in value] if isinstance(value, list | tuple) else value
