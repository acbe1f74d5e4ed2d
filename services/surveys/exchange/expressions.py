"""Conditions as XLSForm writes them: ``selected(${vei}, 'ja') and not(${alder} < 18)``; read into ours, and written.

What can be said: a question compared with a value, ``selected``, whether anything was answered, ``and``, ``or``,
``not``. Anything else is refused.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from services.surveys.exchange.conditions import ALWAYS, NEVER, Condition, all_of, any_of, how_many, none_of

_TOKEN = re.compile(
    r"\s*(?:(?P<ref>\$\{[^}]+\})|(?P<text>'[^']*'|\"[^\"]*\")|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z][\w-]*)|(?P<sign><=|>=|!=|=|<|>|\(|\)|,))"
)
#: Nesting past this is no condition a person wrote.
_DEEPEST = 20
#: The most parts of a condition; no person writes longer ones.
_MOST_IN_ALL, _LONGEST = 400, 5_000
_EXTREMES = {"min": ("<", "<="), "max": (">", ">=")}
_SIZES = ("count-selected", "string-length", "sum", *_EXTREMES)
_SIGNS = ("<", "<=", ">", ">=")
_OTHERWISE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_COMPARING = [("sign", sign) for sign in (*_SIGNS, "=", "!=")]
#: ``number(${vei} = 'ja')``: one where it holds.
_AS_NUMBER = re.compile(r"number\(([^()]+[=<>][^()]+)\)")
#: ``18 <= ${alder}`` read from the other end.
_TURNED = str.maketrans("<>", "><")


class NotUnderstood(ValueError):
    """The expression says more than a condition of ours can."""


class NeverShown(NotUnderstood):
    """No answer of the file can meet the expression."""


class Asked(Protocol):
    """What the file has asked so far, by the names it uses; each raises KeyError or ValueError for what is unknown."""

    def answered(self, name: str) -> Condition:
        """The condition that there is an answer."""

    def chosen(self, name: str, value: str) -> Condition:
        """The condition that the answer is, or is among, this."""

    def within(self, name: str, sign: str, number: float) -> Condition:
        """The condition that the answer is a number so compared."""

    def same(self, name: str, other: str) -> Condition:
        """The condition that both have the same answer, or neither has one."""

    def counted(self, name: str) -> Condition:
        """The condition that it adds one to a sum."""

    def choices(self, name: str) -> list[Condition]:
        """One condition for each answer that can be chosen."""

    def holds(self, name: str) -> Condition:
        """The condition that what the name stands for is true: reckoned so, or answered."""


def read(text: str, asked: Asked) -> Condition | None:
    """Our condition, None where it always holds; raises NotUnderstood."""
    try:
        reader = _Reader(list(_tokens(text)), asked)
        condition = reader.either(0)
    except NotUnderstood:
        raise
    except (KeyError, IndexError, ValueError) as error:
        raise NotUnderstood(f"«{text}» viser til noe som ikke finnes før dette") from error
    if reader.is_left:
        raise NotUnderstood(f"«{text}» kan ikke uttrykkes som vilkår")
    if condition == NEVER:
        raise NeverShown(f"vises aldri: ingen svar passer til «{text}»")
    _require_short(condition)
    return None if condition == ALWAYS else condition


def _require_short(*conditions: Condition) -> None:
    """Hidden rows that name hidden rows grow with each step, without an end if they were let."""
    room, queue = _MOST_IN_ALL, list(conditions)
    while queue:
        room -= 1
        if room < 0:
            raise NotUnderstood("er for sammensatt til å være et vilkår")
        condition = queue.pop()
        queue += [inner for mode in ("all", "any", "none") for inner in condition.get(mode, ())]


def write(condition: Mapping[str, Any]) -> str:
    """The expression of our condition."""
    for mode, word in (("all", " and "), ("any", " or ")):
        if mode in condition:
            return "(" + word.join(write(inner) for inner in condition[mode]) + ")"
    if "none" in condition:
        return " and ".join(f"not({write(inner)})" for inner in condition["none"])
    name = "${" + condition["question"].replace(".", "_") + "}"
    limits = [
        f"{name} {sign} {condition[key]}" for key, sign in (("at_least", ">="), ("at_most", "<=")) if key in condition
    ]
    if limits:
        return "(" + " and ".join(limits) + ")"
    if "any_of" in condition:
        return "(" + " or ".join(f"selected({name}, '{value}')" for value in condition["any_of"]) + ")"
    return f"{name} != ''"


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place, text = 0, text.strip()
    if len(text) > _LONGEST:
        raise NotUnderstood("er for langt til å være et vilkår")
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise NotUnderstood(f"«{text}» kan ikke uttrykkes som vilkår")
        yield match.lastgroup, match[match.lastgroup]
        place = match.end()
        while place < len(text) and text[place].isspace():
            place += 1


def reckoned(text: str, asked: Asked) -> list[tuple[str, Condition]]:
    """What a hidden row comes to, and when: ``if(C, 1, 0)`` or a condition alone; raises NotUnderstood."""
    as_number = _AS_NUMBER.fullmatch(text.strip())
    try:
        reader = _Reader(list(_tokens(as_number[1] if as_number else text)), asked)
        cases = reader.cases(0)
    except (KeyError, IndexError, ValueError) as error:
        raise NotUnderstood(f"«{text}» kan ikke uttrykkes her") from error
    if reader.is_left:
        raise NotUnderstood(f"«{text}» kan ikke uttrykkes her")
    _require_short(*(when for _, when in cases))
    return cases


def _figure(text: str) -> float:
    return float(text) if "." in text else int(text)


class _Reader:
    """A recursive-descent reader: either := both (or both)*, both := one (and one)*, one := not(...) | (...) | test."""

    def __init__(self, tokens: list[tuple[str, str]], asked: Asked) -> None:
        self._tokens, self._asked = tokens, asked
        self._place = 0

    @property
    def is_left(self) -> bool:
        """Something stands after what was read."""
        return self._place != len(self._tokens)

    def cases(self, depth: int) -> list[tuple[str, Condition]]:
        """Values and when each is the one."""
        if depth > _DEEPEST:
            raise NotUnderstood("er for sammensatt")
        if not self._next_is("word", "if"):
            if self.is_left and self._tokens[self._place][0] in ("text", "number") and depth:
                return [(self._value(), ALWAYS)]
            condition = self.either(depth)
            return [("true", condition), ("false", none_of(condition))]
        self._place += 1
        self._take("sign", "(")
        condition = self.either(depth + 1)
        self._take("sign", ",")
        yes = self.cases(depth + 1)
        self._take("sign", ",")
        no = self.cases(depth + 1)
        self._take("sign", ")")
        return [(value, all_of([condition, when])) for value, when in yes] + [
            (value, all_of([none_of(condition), when])) for value, when in no
        ]

    def either(self, depth: int) -> Condition:
        return self._joined("or", any_of, self._both, depth)

    def _both(self, depth: int) -> Condition:
        return self._joined("and", all_of, self._one, depth)

    def _joined(
        self, word: str, join: Callable[[list[Condition]], Condition], inner: Callable[[int], Condition], depth: int
    ) -> Condition:
        terms = [inner(depth)]
        while self._next_is("word", word):
            self._place += 1
            terms.append(inner(depth))
        return join(terms)

    def _one(self, depth: int) -> Condition:
        if depth > _DEEPEST:
            raise NotUnderstood("vilkåret er for sammensatt")
        if self._next_is("word", "not"):
            self._place += 1
            return none_of(self._in_brackets(depth))
        if self._next_is("sign", "("):
            return self._in_brackets(depth)
        if self._next_is("word", "selected"):
            self._place += 1
            self._take("sign", "(")
            name = self._name()
            self._take("sign", ",")
            value = self._value()
            self._take("sign", ")")
            return self._asked.chosen(name, value) if value else none_of(self._asked.answered(name))
        if any(self._next_is("word", word) for word in _SIZES):
            return self._sized()
        return self._compared()

    def _in_brackets(self, depth: int) -> Condition:
        self._take("sign", "(")
        inner = self.either(depth + 1)
        self._take("sign", ")")
        return inner

    def _sized(self) -> Condition:
        """``count-selected(${vei}) > 0``: how many answers there are, none, some or two; ``sum``: how many are true."""
        word = self._take("word")
        self._take("sign", "(")
        names = [self._name()]
        while word not in ("count-selected", "string-length") and not self._next_is("sign", ")"):
            names.append(self._name())
        self._take("sign", ")")
        sign, number = self._take("sign"), self._take("number")
        if word in _EXTREMES:
            return self._extreme(word, names, sign, _figure(number))
        is_sum, size = word == "sum", sign + number
        each = [self._asked.counted(name) for name in names] if is_sum else self._asked.choices(names[0])
        some = any_of(each) if is_sum else self._asked.answered(names[0])
        if rule := how_many(size, some, each if word != "string-length" else []):
            return rule
        raise NotUnderstood(f"hvor mange svar som er valgt ({size}), kan ikke være et vilkår")

    def _extreme(self, word: str, names: list[str], sign: str, number: float) -> Condition:
        """The least of some numbers is below where any of them is, and above where there are some and none is below."""
        if sign not in _SIGNS:
            raise NotUnderstood(f"«{word} {sign} {number}» kan ikke uttrykkes som vilkår")
        if sign in _EXTREMES[word]:
            return any_of(self._asked.within(name, sign, number) for name in names)
        beyond = any_of(self._asked.within(name, _OTHERWISE[sign], number) for name in names)
        return all_of([any_of(self._asked.answered(name) for name in names), none_of(beyond)])

    def _compared(self) -> Condition:
        if self._tokens[self._place][0] in ("text", "number"):
            kind, value, sign = self._tokens[self._place][0], self._value(), self._take("sign")
            if self._tokens[self._place][0] in ("text", "number"):
                return self._constant(value, sign, self._value())
            name, sign = self._name(), sign.translate(_TURNED)
        else:
            name = self._name()
            if not self.is_left or self._tokens[self._place] not in _COMPARING:
                return self._asked.holds(name)
            sign = self._take("sign")
            if self._tokens[self._place][0] == "ref" and sign in ("=", "!="):
                same = self._asked.same(name, self._name())
                return same if sign == "=" else none_of(same)
            kind, value = self._tokens[self._place][0], self._value()
        if sign in ("=", "!="):
            test = self._asked.chosen(name, value) if value else none_of(self._asked.answered(name))
            if sign == "=":
                return test
            return none_of(test) if value else self._asked.answered(name)
        if kind == "number" and sign in _SIGNS:
            return self._asked.within(name, sign, _figure(value))
        raise NotUnderstood(f"«{name} {sign} {value}» kan ikke uttrykkes som vilkår")

    def _constant(self, left: str, sign: str, right: str) -> Condition:
        """``2 = 1``: which copy of a repeat this is."""
        if sign not in ("=", "!="):
            raise NotUnderstood(f"«{left} {sign} {right}» ble ikke forstått i vilkåret")
        return ALWAYS if (left == right) == (sign == "=") else NEVER

    def _name(self) -> str:
        return self._take("ref")[2:-1].strip()

    def _value(self) -> str:
        kind, text = self._tokens[self._place]
        if kind not in ("text", "number"):
            raise NotUnderstood(f"«{text}» ble ikke forstått i vilkåret")
        self._place += 1
        return text[1:-1].strip() if kind == "text" else text

    def _next_is(self, kind: str, value: str) -> bool:
        return self._place < len(self._tokens) and self._tokens[self._place] == (kind, value)

    def _take(self, kind: str, value: str | None = None) -> str:
        kind_here, text = self._tokens[self._place]
        if kind_here != kind or (value is not None and text != value):
            raise NotUnderstood(f"«{text}» ble ikke forstått i vilkåret")
        self._place += 1
        return text
