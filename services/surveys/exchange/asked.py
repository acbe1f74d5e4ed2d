"""What questions of a file have become here, and conditions on them in the file's own names and codes."""

import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.surveys.exchange.conditions import NEVER, Condition, all_of, any_of, none_of
from services.surveys.exchange.expressions import NotUnderstood

_COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
#: What a hidden row comes to where it is not true.
_FALSE, _TRUE = {"0", "false", ""}, {"1", "true"}
#: Kinds of questions that take more than one answer.
SEVERAL = ("several_choices", "ranking")
_FIGURE = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Place:
    """A question here that a name in the file stands for."""

    id: str | None
    """The question, or ``grid.statement``; None where only one answer was left to choose, so that nothing is asked."""
    codes: Mapping[str, Any] | None = None
    """The file's codes of its answers -> ours; None for numbers, days and texts."""
    condition: Condition | None = None
    """For whom it stands for the name, where others have another question."""
    is_figure: bool = False
    several: bool = False
    """More than one answer can be given."""
    no_added: bool = False
    """«Nei» stands beside the file's answers: who chose it, has answered nothing there."""


class AskedHere:
    """The names of a file and where they are asked, most of them in one place."""

    def __init__(self) -> None:
        self._places: dict[str, list[Place]] = {}

    def add(self, name: str, *places: Place) -> None:
        """The name stands for these."""
        self._places[name] = list(places)

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def answered(self, name: str) -> Condition:
        """There is an answer."""
        return any_of(_answered(place) for place in self._at(name))

    def chosen(self, name: str, value: str) -> Condition:
        """The answer is, or is among, this one of the file's codes; never where there is no such answer."""
        return any_of(_chosen(place, name, value) for place in self._at(name))

    def choices(self, name: str) -> list[Condition]:
        """One condition for each answer that can be chosen."""
        return [
            {"question": place.id, "any_of": [code]}
            for place in self._at(name)
            if place.id is not None
            for code in dict.fromkeys((place.codes or {}).values())
        ]

    def within(self, name: str, sign: str, number: float) -> Condition:
        """The answer is a number so compared; of a choice, a code that is a number."""
        places = self._at(name)
        if all(place.is_figure for place in places):
            return any_of(_limited(str(place.id), sign, number) for place in places)
        named = {code for place in places for code in place.codes or () if _FIGURE.fullmatch(code)}
        if not named:
            raise NotUnderstood(f"«{name} {sign} {number}» sammenlikner noe som ikke er tall")
        return any_of(self.chosen(name, code) for code in sorted(named) if _COMPARE[sign](float(code), number))

    def same(self, name: str, other: str) -> Condition:
        """Both have the same answer from a list, or neither has one."""
        places = [self._at(name), self._at(other)]
        codes = [{code for place in of_one for code in place.codes or ()} for of_one in places]
        if not all(codes) or any(place.several for of_one in places for place in of_one):
            raise NotUnderstood(f"«{name}» og «{other}» sammenliknes, og det går bare med ett svar fra en liste")
        both = [all_of([self.chosen(name, code), self.chosen(other, code)]) for code in sorted(codes[0] & codes[1])]
        return any_of([*both, none_of(any_of([self.answered(name), self.answered(other)]))])

    def counted(self, name: str) -> Condition:
        """What the name stands for adds one to a sum, where it else adds nothing."""
        places = self._at(name)
        if any(not place.codes or set(place.codes) - _FALSE - _TRUE for place in places):
            raise NotUnderstood(f"regner med svaret på «{name}»")
        return any_of(self.chosen(name, code) for code in sorted(_TRUE))

    def holds(self, name: str) -> Condition:
        """What the name stands for is true: reckoned so, or answered."""
        places = self._at(name)
        if any(place.id is not None for place in places):
            return self.answered(name)
        return any_of(place.condition or NEVER for place in places if not _FALSE & set(place.codes or ()))

    def _at(self, name: str) -> list[Place]:
        return self._places[name]


def _answered(place: Place) -> Condition:
    if place.id is None:
        return place.condition or NEVER
    options = {"any_of": list((place.codes or {}).values())} if place.no_added else {}
    return {"question": place.id, **options}


def _chosen(place: Place, name: str, value: str) -> Condition:
    if place.is_figure:
        figure = float(value)
        return {"question": place.id, "at_least": figure, "at_most": figure}
    if place.codes is None:
        raise NotUnderstood(f"«{name} = {value}» sammenlikner med det noen skriver")
    if value not in place.codes:
        return NEVER
    return place.condition or NEVER if place.id is None else {"question": place.id, "any_of": [place.codes[value]]}


def _limited(question: str, sign: str, number: float) -> Condition:
    if sign in (">=", "<="):
        return {"question": question, "at_least" if sign == ">=" else "at_most": number}
    # Below and above: answered, and not on the other side.
    other = {"question": question, "at_least" if sign == "<" else "at_most": number}
    return all_of([{"question": question}, none_of(other)])
