"""Conditions of ours put together: all of them, one of them, none, two."""

from collections.abc import Iterable, Sequence
from typing import Any

Condition = dict[str, Any]
#: All of nothing, and any of nothing.
ALWAYS: Condition = {"all": []}
NEVER: Condition = {"any": []}
#: A condition holds at most as many others.
_MOST_IN_ONE = 20


def all_of(conditions: Iterable[Condition]) -> Condition:
    """The condition that all of them hold."""
    found = [one for one in conditions if one != ALWAYS]
    return NEVER if NEVER in found else _grouped("all", found)


def any_of(conditions: Iterable[Condition]) -> Condition:
    """The condition that one of them holds."""
    found = [one for one in conditions if one != NEVER]
    return ALWAYS if ALWAYS in found else _grouped("any", _merged(found))


def _merged(conditions: Iterable[Condition]) -> list[Condition]:
    """Answers of one question named once, where the first of them stands."""
    merged: list[Condition] = []
    places: dict[str, int] = {}
    for one in conditions:
        at = places.setdefault(one["question"], len(merged)) if "any_of" in one else len(merged)
        if at == len(merged):
            merged.append(one)
        else:
            merged[at] = one | {"any_of": list(dict.fromkeys([*merged[at]["any_of"], *one["any_of"]]))}
    return merged


def _grouped(mode: str, found: list[Condition]) -> Condition:
    """One condition of them all, in groups where there are more than a condition may hold."""
    while len(found) > _MOST_IN_ONE:
        found = [_grouped(mode, found[at : at + _MOST_IN_ONE]) for at in range(0, len(found), _MOST_IN_ONE)]
    return found[0] if len(found) == 1 else {mode: found}


def none_of(condition: Condition) -> Condition:
    """The condition that it does not hold."""
    return ALWAYS if condition == NEVER else NEVER if condition == ALWAYS else {"none": [condition]}


def how_many(size: str, some: Condition, each: Sequence[Condition]) -> Condition | None:
    """The condition that so many hold (``>1``), none, one or two; ``some`` says that any does. None of another size."""
    if size in (">0", ">=1", "!=0"):
        return some
    if size in ("=0", "<1", "<=0"):
        return none_of(some)
    two = any_of(all_of([one, any_of(each[at:])]) for at, one in enumerate(each, start=1))
    if not each or size not in (">1", ">=2", "<2", "<=1", "=1", "!=1"):
        return None
    if size in (">1", ">=2"):
        return two
    just_one = all_of([some, none_of(two)])
    return none_of(two) if size in ("<2", "<=1") else just_one if size == "=1" else none_of(just_one)
