"""Lists of answers in an XLSForm, and what of a list is left where it depends on an earlier answer."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from services.surveys.editing.domain import Content
from services.surveys.exchange.asked import AskedHere
from services.surveys.exchange.cells import code
from services.surveys.exchange.conditions import NEVER, Condition, all_of
from services.surveys.exchange.expressions import NotUnderstood

Row = Mapping[str, str]
Texts = dict[str, str]
_OTHER = {"nb": "Annet", "nn": "Anna", "en": "Other"}
FEWER = "har færre enn to svar å velge mellom"
_DEPENDS = "viser ulike svar etter hva som er svart før"
#: A condition can name as many; a question for each of more answers is no questionnaire.
_MOST_PARTS = 20
_ONE = re.compile(r"^(?:selected\s*\((?P<of>[^,]+),(?P<what>[^)]+)\)|(?P<left>[^=!<>()]+)=(?P<right>[^=!<>()]+))$")
_REFERENCE = re.compile(r"^\$\{\s*([^}\s]+)\s*\}$")


@dataclass(frozen=True)
class Part:
    """Some answers of a list, and those who may choose among them."""

    condition: Condition
    options: list[Content]
    codes: dict[str, str]


class Lists:
    """The sheet ``choices``; ``texts`` reads a row's text in our languages."""

    def __init__(self, rows: Iterable[Row], texts: Callable[[Row], Texts]) -> None:
        self._lists: dict[str, list[Row]] = {}
        for row in rows:
            self._lists.setdefault(row.get("list_name") or row.get("list name") or "", []).append(row)
        self._codes: dict[str, dict[str, str]] = {}
        self._texts = texts

    def whole(self, reference: str) -> tuple[list[Content], dict[str, str]]:
        """The answers, and ours by the file's codes; ``reference`` is what follows ``select_one``."""
        name, rows = self._named(reference)
        options = [self._option(name, row) for row in rows]
        options = list({option["code"]: option for option in options}.values())
        if re.search(r"or[ _](?:specify[ _])?other", reference):
            self._codes[name].setdefault("other", code("annet", set(self._codes[name].values())))
            options.append({"code": self._codes[name]["other"], "text": _OTHER, "write": True})
        return options, self._codes[name]

    def parts(self, reference: str, choice_filter: str, asked: AskedHere) -> list[Part]:
        """The answers by what earlier answers they depend on; one part for each."""
        name, rows = self._named(reference)
        tests = _tests(choice_filter)
        pairs = [(self._option(name, row), _depends(row, tests)) for row in rows]
        keys = list(dict.fromkeys(key for _, those in pairs for key in those if key)) or [()]
        if len(keys) > _MOST_PARTS:
            raise NotUnderstood(f"{_DEPENDS}, på {len(keys)} måter. Det er plass til {_MOST_PARTS}")
        parts = []
        for key in keys:
            options = {option["code"]: option for option, those in pairs if () in those or key in those}
            try:
                condition = all_of(asked.chosen(question, value) for question, value in key)
            except (KeyError, ValueError) as error:
                raise NotUnderstood(f"{_DEPENDS}, og det er ikke tatt inn") from error
            # Where nobody can have given that answer, nobody is shown these.
            if condition != NEVER and options:
                codes = {theirs: ours for theirs, ours in self._codes[name].items() if ours in options}
                parts.append(Part(condition, list(options.values()), codes))
        if not parts:
            raise NotUnderstood(FEWER)
        return parts

    def _named(self, reference: str) -> tuple[str, list[Row]]:
        name = reference.strip().partition(" ")[0]
        rows = self._lists.get(name)
        if not rows:
            raise NotUnderstood(f"viser til listen «{name}», som ikke finnes i arket «choices»")
        return name, rows

    def _option(self, list_name: str, row: Row) -> Content:
        codes = self._codes.setdefault(list_name, {})
        name = row.get("name") or row.get("value") or ""
        own = codes.setdefault(name, code(name, set(codes.values())))
        return {"code": own, "text": self._texts(row) or {"nb": name}}


def _tests(choice_filter: str) -> list[list[tuple[str, str]]]:
    """Both sides of each comparison: alternatives of what must be equal. Nothing else can be taken apart."""
    alternatives = []
    for either in re.split(r"\s+or\s+", choice_filter.strip()):
        parts = [_ONE.match(part.strip()) for part in re.split(r"\s+and\s+", either)]
        if None in parts:
            raise NotUnderstood(f"{_DEPENDS}, på en måte som ikke kan uttrykkes her: «{choice_filter}»")
        matches = [match for match in parts if match]
        alternatives.append(
            [((part["of"] or part["left"]).strip(), (part["what"] or part["right"]).strip()) for part in matches]
        )
    return alternatives


def _depends(row: Row, alternatives: Iterable[Iterable[tuple[str, str]]]) -> list[tuple[tuple[str, str], ...]]:
    """The earlier answers the row is shown for, each with the name of its question; no answers where it is for all."""
    keys = []
    for tests in alternatives:
        key: list[tuple[str, str]] = []
        for sides in tests:
            references = [match[1] for side in sides if (match := _REFERENCE.match(side))]
            values = [_cell(row, side) for side in sides if not _REFERENCE.match(side)]
            if len(references) == 1:
                key.append((references[0], values[0]))
            elif references or values[0] != values[1]:
                break
        else:
            keys.append(tuple(key))
    return keys


def _cell(row: Row, side: str) -> str:
    return side[1:-1] if side[:1] in ("'", '"') else side if side.isdigit() else row.get(side.lower(), "")
