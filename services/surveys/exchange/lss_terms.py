"""Conditions as LimeSurvey writes them (``vei.NAOK == "A1" && !is_empty(alder)``), put into XLSForm's words."""

import re
from dataclasses import dataclass, field

from services.surveys.exchange.asked import AskedHere, Place

_WORDS = {
    "&&": "and", "||": "or", "==": "=", "and": "and", "or": "or", "eq": "=", "ne": "!=", "lt": "<", "le": "<=",
    "gt": ">", "ge": ">=", "!": "not",
}  # fmt: skip
_TOKEN = re.compile(
    r"\s*(?:(?P<text>\"[^\"]*\"|'[^']*')|(?P<number>-?\d+(?:\.\d+)?(?![A-Za-z0-9_]))|(?P<sign>&&|\|\||==|!=|<=|>=|[!<>()])"
    r"|(?P<name>[A-Za-z0-9][A-Za-z0-9_]*)(?:\.(?:NAOK|value|code|shown))?)"
)


@dataclass
class Names:
    """What questions and rows of the file are called, and what that is here."""

    sid: str
    asked: AskedHere = field(default_factory=AskedHere)
    ticks: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name of one answer among several -> (the question's name, the answer's code in the file)."""
    quoted: dict[str, str] = field(default_factory=dict)
    """Names a text may quote -> question."""

    def add(self, row: dict[str, str], place: Place, below: str = "") -> None:
        """A question, or its row ``below``, by its title and by the number older files use."""
        name = row.get("title", "")
        number = f"{self.sid}X{row.get('gid')}X{row.get('qid')}"
        for alias in (f"{name}_{below}", f"{number}{below}") if below else (name, number):
            self.asked.add(alias, place)
            if not below and place.id:
                self.quoted[alias] = place.id

    def tick(self, row: dict[str, str], below: str) -> None:
        """One answer among several, which the file asks for as a question of its own."""
        name = row.get("title", "")
        for alias in (f"{name}_{below}", f"{self.sid}X{row.get('gid')}X{row.get('qid')}{below}"):
            self.ticks[alias] = (name, below)


def as_expression(text: str, names: Names) -> str:
    """The condition in XLSForm's words; what is no condition of ours stays as it is and is refused when read."""
    parts = list(_parts(text))
    out: list[str] = []
    place = 0
    while place < len(parts):
        kind, word = parts[place]
        ahead = [word for _, word in parts[place + 1 : place + 4]]
        if kind == "name" and word == "is_empty" and ahead[:1] == ["("] and ahead[2:] == [")"]:
            out.append(_is_empty(ahead[1], names))
            place += 4
            continue
        if kind == "name" and word in names.ticks and ahead[:1] and ahead[0] in ("==", "!=", "eq", "ne"):
            out.append(_ticked(word, ahead, names))
            place += 3
            continue
        if kind == "name" and word.lower() not in _WORDS:
            out.append("${" + word + "}")
        else:
            out.append(_WORDS.get(word.lower(), word))
        place += 1
    return " ".join(out)


def _is_empty(name: str, names: Names) -> str:
    if name in names.ticks:
        question, below = names.ticks[name]
        return f"(not(selected(${{{question}}}, '{below}')))"
    return f"(${{{name}}} = '')"


def _ticked(name: str, ahead: list[str], names: Names) -> str:
    question, below = names.ticks[name]
    term = f"selected(${{{question}}}, '{below}')"
    is_yes = len(ahead) > 1 and ahead[1].strip("\"'") == "Y"
    return term if (ahead[0] in ("==", "eq")) == is_yes else f"not({term})"


def _parts(text: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    text = text.strip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            # Left as it is: reading it says that it is no condition of ours.
            return [("other", text)]
        tokens.append((match.lastgroup, match[match.lastgroup]))
        place = match.end()
        while place < len(text) and text[place].isspace():
            place += 1
    return tokens
