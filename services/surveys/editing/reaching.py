"""Whether anybody can ever be shown a page or question: every way to answer what its conditions name is tried."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import ceil, floor
from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.surveys.editing.domain import Part
from shared.events.questionnaire import DO_NOT_KNOW, Condition, holds

#: More ways than this are not tried, for one part or for a questionnaire as a whole (a second's work); a condition that
#: is not tried out is taken to hold for somebody.
_MOST_WAYS, MOST_WAYS_IN_ALL = 20_000, 60_000
_CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)


@dataclass
class Patience:
    """How many ways are still tried."""

    ways: int = MOST_WAYS_IN_ALL


def is_reachable(
    own: Part, page: Part | None, questions: Mapping[str, tuple[Part, Part]], patience: Patience | None = None
) -> bool:
    """Whether some answers lead to the part; ``questions`` are the earlier ones, each with its page.

    A question named by a condition can only be answered by who is shown it, so its own conditions count too.
    """
    patience = patience or Patience()
    conditions = [part["show_if"] for part in (own, page) if part and part.get("show_if")]
    named: dict[str, list[Any]] = {}
    queue = list(conditions)
    while queue:
        for rule in named_in(queue.pop()):
            id_ = rule["question"].partition(".")[0]
            if id_ not in questions:
                return True  # said elsewhere: it names what is not asked before
            if id_ not in named:
                queue += [part["show_if"] for part in questions[id_] if part.get("show_if")]
            named.setdefault(id_, []).append(rule)
    try:
        rules = [_CONDITION.validate_python(rule) for rule in conditions]
        rules_of = {
            id_: [_CONDITION.validate_python(part["show_if"]) for part in questions[id_] if part.get("show_if")]
            for id_ in named
        }
    except ValidationError:
        return True  # said elsewhere: the condition is not whole
    ways = product(*([(id_, value) for value in _values(questions[id_][0], ones)] for id_, ones in named.items()))
    most = min(_MOST_WAYS, patience.ways)
    tries = 0
    for way in islice(ways, most):
        tries += 1
        patience.ways -= 1
        answers = {id_: value for id_, value in way if value is not None}
        asks = all(holds(rule, answers) for id_ in answers for rule in rules_of[id_])
        if asks and all(holds(rule, answers) for rule in rules):
            return True
    return tries == most


def named_in(condition: Part) -> Iterator[Part]:
    """The rules of a condition that are each about one question."""
    if "question" in condition:
        yield condition
    for name in ("all", "any", "none"):
        for inner in condition.get(name, ()):
            yield from named_in(inner)


def _values(question: Part, rules: Sequence[Part]) -> list[Any]:
    """Answers that the conditions can tell apart, None for no answer among them."""
    kind = question["type"]
    if kind == "grid":
        rows = sorted({rule["question"].partition(".")[2] for rule in rules})
        steps = _steps(question)
        return [None, *(dict(zip(rows, way, strict=True)) for way in islice(product(steps, repeat=len(rows)), 2_000))]
    if kind == "scale":
        return [None, *_steps(question)]
    if kind in ("number", "year"):
        edges = {limit for rule in rules for limit in (rule.get("at_least"), rule.get("at_most")) if limit is not None}
        unit = 10 ** question.get("decimals", 0)
        marks = {to(edge * unit) + by for edge in edges for to in (floor, ceil) for by in (-1, 0, 1)}
        near = {mark / unit for mark in marks} | {question.get("min", 0), question.get("max", 0)}
        return [None, *sorted(n for n in near if question.get("min", n) <= n <= question.get("max", n))]
    codes = [option["code"] for option in question.get("options", ())]
    if kind in ("several_choices", "ranking"):
        codes_named = sorted({value for rule in rules for value in rule.get("any_of") or ()} & set(codes))[:8]
        rest = [code for code in codes if code not in codes_named][:1]
        alone = {option["code"] for option in question["options"] if option.get("exclusive")}
        sets = [[code for code, is_in in zip(codes_named, way, strict=True) if is_in]
                for way in product((True, False), repeat=len(codes_named))]  # fmt: skip
        return [None, *(way or rest for way in sets if (way or rest) and (len(way) < 2 or not alone & set(way)))]
    return [None, *codes] if codes else [None, "…"]


def _steps(question: Part) -> list[object]:
    first, steps = question.get("first", 1), question.get("steps", 5)
    return [*range(first, first + steps), *([DO_NOT_KNOW] if question.get("do_not_know", True) else [])]
