"""Repeated groups of an XLSForm laid out one copy after the other, so that a form without repeats asks the same.

A repeat with a count becomes as many copies. One that depends on a number asked before becomes as many as staff choose,
each for those who gave that number; one that follows another repeat, as many as that, for the same people. One without
an end becomes as many as staff choose, each next one behind a question.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.surveys.exchange.ages import age_asked
from services.surveys.exchange.cells import free_name, kind_of
from services.surveys.exchange.files import BadFile
from services.surveys.exchange.taking import MOST_ROWS

Row = dict[str, str]
Line = tuple[int, Row]

#: Copies of a repeat without a count, unless staff choose another number, and the most of any.
USUAL, MOST = 3, 20
#: The kind of the row that asks for one more; no file writes it.
ONE_MORE = "panel: one more"
YES = "ja"
ADD_ONE = {
    "nb": "Vil du legge til en til?",
    "nn": "Vil du leggje til ein til?",
    "en": "Do you want to add one more?",
}
_BEGIN, _END = re.compile(r"begin[ _]repeat\b", re.IGNORECASE), re.compile(r"end[ _]repeat\b", re.IGNORECASE)
_REFERENCE = re.compile(r"\$\{\s*([^}\s]{1,100})\s*\}")
_COUNTED = re.compile(r"count\(\s*\$\{\s*([^}\s]+)\s*\}\s*\)")
_WHICH = re.compile(r"position\(\s*\.\.\s*\)")
_OF_A_COPY = re.compile(r"indexed-repeat\(\s*\$\{([^}]{1,100})\}\s*,\s*\$\{([^}]{1,100})\}\s*,\s*(\d{1,3})\s*\)")
_OVER_COPIES = re.compile(r"\b(sum|min|max)\(\s*\$\{\s*([^}\s]{1,100})\s*\}\s*\)")
_SUM = re.compile(r"sum\([^()]*\)")
_EXPRESSIONS = ("relevant", "relevance", "bind::relevant", "calculation")
#: A calculation that only hands on an answer, the name of one, or a figure.
_HANDED_ON = re.compile(
    r"(\$\{[^}]+\}|\d+)|jr:choice-name\(\s*(?:selected-at\(\s*)?(\$\{[^}]+\})(?:\s*,\s*0\s*\))?\s*,\s*['\"].*['\"]\s*\)"
)
_WHOLE, _COUNTS = ("integer", "int"), ("repeat_count", "bind::jr:count", "jr:count")


def begins_repeat(kind: str) -> bool:
    """Whether a row of this type begins one."""
    return _BEGIN.match(kind) is not None


class Layout:
    """The rows of a file without its repeats, and what is said of each repeat before anything is saved.

    Raises BadFile where they become too many.
    """

    def __init__(self, rows: Iterable[Line], copies: int = USUAL) -> None:
        lines = list(rows)
        self.remarks: list[str] = []
        self.is_open = False
        """Staff may choose how many copies there are of some."""
        self._copies = max(1, min(copies, MOST))
        self._taken = {row["name"] for _, row in lines if row.get("name")}
        self._kinds = {row.get("name", ""): kind_of(row).lower() for _, row in lines}
        self._sums = {row.get("name", ""): row["calculation"].strip() for _, row in lines if row.get("calculation")}
        self._gates: dict[str, list[str]] = {}
        """Of each repeat laid out, whom each copy is for."""
        self._names: dict[tuple[str, str], list[str]] = {}
        """(Repeat, name in it) -> the name in each copy."""
        self.lines = self._resolved(self._without_repeats(lines))

    def _without_repeats(self, lines: Sequence[Line]) -> list[Line]:
        laid_out: list[Line] = []
        place = 0
        while place < len(lines):
            end = _end_of(lines, place) if begins_repeat(kind_of(lines[place][1])) else place
            if end > place and (copies := self._whom(lines[place][1])) is not None:
                laid_out += self._laid_out(lines[place], self._without_repeats(lines[place + 1 : end]), copies)
                place = end + 1
            else:
                laid_out.append(lines[place])
                place += 1
            self._require_room(len(laid_out))
        return laid_out

    def _require_room(self, rows: int) -> None:
        if rows > MOST_ROWS:
            raise BadFile(f"Med grupper som gjentas, blir skjemaet på over {MOST_ROWS} rader. Velg færre ganger.")

    def _laid_out(self, begin: Line, inner: Sequence[Line], copies: "_Copies") -> list[Line]:
        number, row = begin
        self._require_room((len(inner) + 2) * len(copies.gates))
        repeat = row.get("name") or ""
        self._gates[repeat] = copies.gates
        laid_out: list[Line] = []
        for copy, gate in enumerate(copies.gates, start=1):
            names = {line["name"]: line["name"] for _, line in inner if line.get("name")}
            if copy > 1:
                names = {name: self._free(f"{name}_{copy}") for name in names}
            for name, own in names.items():
                self._names.setdefault((repeat, name), []).append(own)
            heading = _heading(row, copy, copies.times)
            laid_out.append((number, heading | {"relevant": _all((row.get("relevant") or "", gate))}))
            laid_out += [(at, _renamed(line, names, copy)) for at, line in inner]
            if copy <= len(copies.more):
                laid_out.append((number, {"type": ONE_MORE, "name": copies.more[copy - 1], "required": "yes"}))
            laid_out.append((number, {"type": "end group"}))
        return laid_out

    def _whom(self, row: Row) -> "_Copies | None":
        """How many copies there are of the repeat, and whom each is for; None when there would be too many."""
        count = next((row[name].strip() for name in _COUNTS if row.get(name)), "")
        if (calculated := _REFERENCE.fullmatch(count)) and calculated[1] in self._sums:
            count = self._sums[calculated[1]]
        what, name = f"«{_label(row)}»", row.get("name") or "gjentas"
        if re.fullmatch(r"\d{1,4}(\.0+)?", count):
            times = int(float(count))
            if not 1 <= times <= MOST:
                return None
            self.remarks.append(f"{what} gjentas {times} ganger. Spørsmålene står én gang for hver.")
            return _Copies([""] * times, times)
        self.is_open = True
        if (followed := _COUNTED.fullmatch(count)) and followed[1] in self._gates:
            gates = self._gates[followed[1]]
            self.remarks.append(f"{what} gjentas like mange ganger som «{followed[1]}», høyst {len(gates)}.")
            return _Copies(gates)
        match = _REFERENCE.fullmatch(count)
        if match and self._kinds.get(match[1]) in _WHOLE:
            self.remarks.append(
                f"{what} gjentas så mange ganger som svaret på «{match[1]}» sier, høyst {self._copies}."
            )
            return _Copies([f"${{{match[1]}}} >= {copy}" for copy in range(1, self._copies + 1)])
        self.remarks.append(
            f"{what} kan gjentas, høyst {self._copies} ganger. De som svarer, blir spurt om de vil legge til en til."
        )
        more = [self._free(f"{name}_{copy}_til") for copy in range(2, self._copies + 1)]
        return _Copies(["", *(f"${{{name}}} = '{YES}'" for name in more)], more=more)

    def _resolved(self, lines: Iterable[Line]) -> list[Line]:
        """What is hidden and only hands an answer on is written as that answer; a sum over a repeat, as its copies."""
        stands_for: dict[str, str] = {}
        sums: dict[str, str] = {}
        resolved = []
        all_lines = list(lines)
        rows = {row.get("name", ""): row for _, row in all_lines}
        compared = {
            name for row in rows.values() for key in _EXPRESSIONS for name in _REFERENCE.findall(row.get(key, ""))
        }
        for number, row in all_lines:
            new = {
                key: self._in_place(text, stands_for | (sums if key in _EXPRESSIONS else {})) if "${" in text else text
                for key, text in row.items()
            }
            if _SUM.fullmatch(new.get("calculation", "").strip()):
                sums[new.get("name", "")] = new["calculation"].strip()
            if kind_of(new).lower() == "calculate" and (
                reference := _HANDED_ON.fullmatch(new.get("calculation", "").strip())
            ):
                stands_for[new.get("name", "")] = next(name for name in reference.groups() if name)
            elif new.get("name") in compared and (question := age_asked(new, rows)):
                self.remarks.append(
                    f"«{new['name']}» regnes ut fra en dato og dagens dato. Det er blitt et spørsmål om tallet."
                )
                new = question
            resolved.append((number, new))
        return resolved

    def _in_place(self, text: str, stands_for: dict[str, str]) -> str:
        def of_a_copy(ref: re.Match[str]) -> str:
            names = self._names.get((ref[2], ref[1]), [])
            return f"${{{names[int(ref[3]) - 1]}}}" if 1 <= int(ref[3]) <= len(names) else ref[0]

        def of_all_copies(ref: re.Match[str]) -> str:
            names = next((names for (_, name), names in self._names.items() if name == ref[2]), [ref[2]])
            return f"{ref[1]}({' '.join(f'${{{name}}}' for name in names)})"

        text = _OF_A_COPY.sub(of_a_copy, _REFERENCE.sub(lambda ref: stands_for.get(ref[1], ref[0]), text))
        return _OVER_COPIES.sub(of_all_copies, text)

    def _free(self, name: str) -> str:
        free = free_name(name, self._taken)
        self._taken.add(free)
        return free


@dataclass(frozen=True)
class _Copies:
    """The copies of one repeat."""

    gates: list[str]
    """Whom each is for, in the file's words."""
    times: int | None = None
    """How many there are, where that is fixed."""
    more: Sequence[str] = ()
    """Names of the questions that ask for one more."""


def _end_of(lines: Sequence[Line], begin: int) -> int:
    """The row that ends the repeat; its beginning where none does."""
    depth = 0
    for place in range(begin, len(lines)):
        kind = kind_of(lines[place][1])
        depth += begins_repeat(kind) - bool(_END.match(kind))
        if depth == 0:
            return place
    return begin


def _heading(row: Row, copy: int, times: int | None) -> Row:
    """The copy as a group: its label says which one it is."""
    which = f"{copy} av {times}" if times else f"{copy}"
    labels = {key: f"{text} {which}" for key, text in row.items() if key.split("::")[0].strip() == "label"}
    return {"type": "begin group", "name": row.get("name", "")} | (labels or {"label": f"{_label(row)} {which}"})


def _label(row: Row) -> str:
    labels = [text for key, text in row.items() if key.split("::")[0].strip() == "label"]
    return labels[0] if labels else row.get("name") or "Gruppe"


def _renamed(row: Row, names: dict[str, str], copy: int) -> Row:
    new = {
        key: _WHICH.sub(str(copy), _REFERENCE.sub(lambda ref: f"${{{names.get(ref[1], ref[1])}}}", text))
        for key, text in row.items()
    }
    return new | ({"name": names[row["name"]]} if row.get("name") in names else {})


def _all(conditions: Iterable[str]) -> str:
    return " and ".join(f"({condition})" for condition in conditions if condition.strip())
