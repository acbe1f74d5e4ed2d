"""Conditions as XLSForm writes them: ``selected(${vei}, 'ja') and not(${alder} < 18)``; read into ours, and written.

What can be said: a question compared with a value, ``selected``, ``and``, ``or``, ``not``. Anything else is refused.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<ref>\$\{[^}]+\})|(?P<text>'[^']*'|\"[^\"]*\")|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z][\w-]*)|(?P<sign><=|>=|!=|=|<|>|\(|\)|,))"
)
#: Nesting past this is no condition a person wrote.
_DEEPEST = 20


class NotUnderstood(ValueError):
    """The expression says more than a condition of ours can."""


def read(text: str, question: Callable[[str], str], answer: Callable[[str, str], object]) -> dict[str, object]:
    """Our condition; ``question`` and ``answer`` give the codes of names in the file and raise KeyError for unknown."""
    try:
        tokens = list(_tokens(text))
        reader = _Reader(tokens, question, answer)
        condition = reader.either(0)
    except NotUnderstood:
        raise
    except (KeyError, IndexError, ValueError) as error:
        raise NotUnderstood(f"«{text}» viser til noe som ikke finnes før dette") from error
    if reader.place != len(tokens):
        raise NotUnderstood(f"«{text}» kan ikke uttrykkes som vilkår")
    return condition


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
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise NotUnderstood(f"«{text}» kan ikke uttrykkes som vilkår")
        yield match.lastgroup, match[match.lastgroup]
        place = match.end()
        while place < len(text) and text[place].isspace():
            place += 1


class _Reader:
    """A recursive-descent reader: either := both (or both)*, both := one (and one)*, one := not(...) | (...) | test."""

    def __init__(
        self, tokens: list[tuple[str, str]], question: Callable[[str], str], answer: Callable[[str, str], object]
    ) -> None:
        self._tokens, self._question, self._answer = tokens, question, answer
        self.place = 0

    def either(self, depth: int) -> dict[str, object]:
        return self._joined("or", "any", self._both, depth)

    def _both(self, depth: int) -> dict[str, object]:
        return self._joined("and", "all", self._one, depth)

    def _joined(self, word: str, mode: str, inner: Callable[[int], dict[str, object]], depth: int) -> dict[str, object]:
        found = [inner(depth)]
        while self._next_is("word", word):
            self.place += 1
            found.append(inner(depth))
        return found[0] if len(found) == 1 else {mode: found}

    def _one(self, depth: int) -> dict[str, object]:
        if depth > _DEEPEST:
            raise NotUnderstood("vilkåret er for sammensatt")
        if self._next_is("word", "not"):
            self.place += 1
            self._take("sign", "(")
            inner = self.either(depth + 1)
            self._take("sign", ")")
            return {"none": [inner]}
        if self._next_is("sign", "("):
            self.place += 1
            inner = self.either(depth + 1)
            self._take("sign", ")")
            return inner
        if self._next_is("word", "selected"):
            self.place += 1
            self._take("sign", "(")
            name = self._take("ref")[2:-1].strip()
            self._take("sign", ",")
            value = self._take("text")[1:-1]
            self._take("sign", ")")
            return self._chosen(name, value)
        return self._compared()

    def _compared(self) -> dict[str, Any]:
        name, sign = self._take("ref")[2:-1].strip(), self._take("sign")
        kind, value = self._tokens[self.place]
        self.place += 1
        if kind == "text" and sign in ("=", "!="):
            value = value[1:-1]
            test = self._chosen(name, value) if value else {"none": [{"question": self._question(name)}]}
            if sign == "=":
                return test
            return {"none": [test]} if value else test["none"][0]
        if kind == "number":
            number = float(value) if "." in value else int(value)
            if sign in ("=", "!="):
                test = self._chosen(name, value)
                return test if sign == "=" else {"none": [test]}
            question = self._question(name)
            match sign:
                case ">=":
                    return {"question": question, "at_least": number}
                case "<=":
                    return {"question": question, "at_most": number}
                case "<":
                    return {"all": [{"question": question}, {"none": [{"question": question, "at_least": number}]}]}
                case ">":
                    return {"all": [{"question": question}, {"none": [{"question": question, "at_most": number}]}]}
        raise NotUnderstood(f"«{name} {sign} {value}» kan ikke uttrykkes som vilkår")

    def _chosen(self, name: str, value: str) -> dict[str, Any]:
        code = self._answer(name, value)
        question = self._question(name)
        if isinstance(code, float):
            return {"question": question, "at_least": code, "at_most": code}
        return {"question": question, "any_of": [code]}

    def _next_is(self, kind: str, value: str) -> bool:
        return self.place < len(self._tokens) and self._tokens[self.place] == (kind, value)

    def _take(self, kind: str, value: str | None = None) -> str:
        found, text = self._tokens[self.place]
        if found != kind or (value is not None and text != value):
            raise NotUnderstood(f"«{text}» ble ikke forstått i vilkåret")
        self.place += 1
        return text
