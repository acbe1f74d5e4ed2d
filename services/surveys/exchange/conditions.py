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
    rules = [rule for rule in conditions if rule != ALWAYS]
    return NEVER if NEVER in rules else _grouped("all", rules)


def any_of(conditions: Iterable[Condition]) -> Condition:
    """The condition that one of them holds."""
    rules = [rule for rule in conditions if rule != NEVER]
    return ALWAYS if ALWAYS in rules else _grouped("any", _merged(rules))


def _merged(conditions: Iterable[Condition]) -> list[Condition]:
    """Answers of one question named once, where the first of them stands."""
    merged: list[Condition] = []
    places: dict[str, int] = {}
    for rule in conditions:
        at = places.setdefault(rule["question"], len(merged)) if "any_of" in rule else len(merged)
        if at == len(merged):
            merged.append(rule)
        else:
            merged[at] = rule | {"any_of": list(dict.fromkeys([*merged[at]["any_of"], *rule["any_of"]]))}
    return merged


def _grouped(mode: str, rules: list[Condition]) -> Condition:
    """One condition of them all, in groups where there are more than a condition may hold."""
    while len(rules) > _MOST_IN_ONE:
        rules = [_grouped(mode, rules[at : at + _MOST_IN_ONE]) for at in range(0, len(rules), _MOST_IN_ONE)]
    return rules[0] if len(rules) == 1 else {mode: rules}


def none_of(condition: Condition) -> Condition:
    """The condition that it does not hold."""
    return ALWAYS if condition == NEVER else NEVER if condition == ALWAYS else {"none": [condition]}


def how_many(size: str, some: Condition, rules: Sequence[Condition]) -> Condition | None:
    """The condition that so many hold (``>1``), none, one or two; ``some`` says that any does. None of another size."""
    if size in (">0", ">=1", "!=0"):
        return some
    if size in ("=0", "<1", "<=0"):
        return none_of(some)
    two = any_of(all_of([rule, any_of(rules[at:])]) for at, rule in enumerate(rules, start=1))
    if not rules or size not in (">1", ">=2", "<2", "<=1", "=1", "!=1"):
        return None
    if size in (">1", ">=2"):
        return two
    just_one = all_of([some, none_of(two)])
    return none_of(two) if size in ("<2", "<=1") else just_one if size == "=1" else none_of(just_one)
