"""LimeSurvey's kinds of questions, by the letter a file gives them, as ours."""

import re
from typing import Any, Protocol

from services.surveys.editing.domain import Content
from services.surveys.exchange.asked import SEVERAL, Place
from services.surveys.exchange.cells import code
from services.surveys.exchange.expressions import NotUnderstood
from services.surveys.exchange.lss_terms import Names

Row = dict[str, str]
_NOT_HERE = "og det finnes ikke her"
#: Letters of kinds that have no like here.
REASONS = {
    ":": f"er en tabell som fylles med tall, {_NOT_HERE}",
    ";": f"er en tabell som fylles med tekst, {_NOT_HERE}",
    "|": f"ber om en fil, {_NOT_HERE}",
    "*": f"regner ut noe skjult, {_NOT_HERE}",
    "I": "spør om språk, og det velger den som svarer øverst på siden",
}
_YES_NO = {"Y": {"nb": "Ja", "nn": "Ja", "en": "Yes"}, "N": {"nb": "Nei", "nn": "Nei", "en": "No"}}
_GENDERS = {"F": {"nb": "Kvinne", "nn": "Kvinne", "en": "Woman"}, "M": {"nb": "Mann", "nn": "Mann", "en": "Man"}}
_OTHER = {"nb": "Annet", "nn": "Anna", "en": "Other"}
#: Tables whose steps the letter alone says: from low to high, with LimeSurvey's own code of each.
_STEPS = {
    "C": {"N": {"nb": "Nei", "nn": "Nei", "en": "No"}, "U": {"nb": "Usikker", "nn": "Usikker", "en": "Uncertain"},
          "Y": {"nb": "Ja", "nn": "Ja", "en": "Yes"}},
    "E": {"D": {"nb": "Mindre", "nn": "Mindre", "en": "Less"}, "S": {"nb": "Det samme", "nn": "Det same", "en": "Same"},
          "I": {"nb": "Mer", "nn": "Meir", "en": "More"}},
}  # fmt: skip
_MOST_STEPS = 11
_LIMIT = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]+)?")


class File(Protocol):
    """What a kind is made from: the rows of the file that belong to a question."""

    names: Names

    def question_texts(self, row: Row, column: str = "question") -> dict[str, str]:
        """A text of the question."""

    def answers_to(self, row: Row, scale: str = "0") -> list[tuple[str, dict[str, str]]]:
        """(code, texts) of its answers."""

    def rows_of(self, row: Row, scale: str = "0") -> list[Row]:
        """Its subquestions."""

    def attribute(self, row: Row, name: str) -> str:
        """A setting of it."""

    def new_id(self, name: str) -> str:
        """An id nobody has."""


def questions_of(file: File, row: Row) -> list[Content]:
    """The question as one or more of ours; raises NotUnderstood. What it is called is entered in ``file.names``."""
    kind = row.get("type", "")
    match kind:
        case "L" | "!" | "O" | "Y" | "G":
            return [_one_choice(file, row)]
        case "M" | "P":
            return [_several(file, row)]
        case "R":
            return [_ranking(file, row)]
        case "5":
            return [_plain(file, row, {"type": "scale", "steps": 5, "do_not_know": False}, _numbered(5))]
        case "A" | "B" | "C" | "E" | "F" | "H":
            return [_grid(file, row, "0")]
        case "1":
            return [_grid(file, row, scale) for scale in ("0", "1")]
        case "N":
            return [_plain(file, row, _number(file, row), None)]
        case "K" | "Q":
            return _each(file, row)
        case "S" | "T" | "U":
            return [_plain(file, row, {"type": "short_text" if kind == "S" else "long_text"}, None)]
        case "D":
            return [_plain(file, row, {"type": "date"}, None)]
        case "X":
            return [_plain(file, row, {"type": "information", "required": False}, None)]
    raise NotUnderstood(f"er av typen «{kind}», som ikke finnes her")


def _plain(file: File, row: Row, fields: Content, codes: dict[str, Any] | None) -> Content:
    id_ = file.new_id(row.get("title", ""))
    if fields["type"] != "information":
        is_figure, several = fields["type"] == "number", fields["type"] in SEVERAL
        file.names.add(row, Place(id_, codes, is_figure=is_figure, several=several))
    return {"id": id_, "text": file.question_texts(row)} | fields


def _numbered(steps: int) -> dict[str, object]:
    return {str(step): step for step in range(1, steps + 1)}


def _options(row: Row, answers: list[tuple[str, dict[str, str]]]) -> tuple[list[Content], dict[str, str]]:
    """The options, with "annet" where the file has it, and ours by the file's codes."""
    codes: dict[str, str] = {}
    options: list[Content] = []
    for name, text in answers:
        codes[name] = code(name, set(codes.values()))
        options.append({"code": codes[name], "text": text})
    if row.get("other") == "Y":
        codes["-oth-"] = code("annet", set(codes.values()))
        options.append({"code": codes["-oth-"], "text": _OTHER, "write": True})
    if len(options) < 2:
        raise NotUnderstood("har færre enn to svar å velge mellom")
    return options, codes


def _one_choice(file: File, row: Row) -> Content:
    usual = {"Y": _YES_NO, "G": _GENDERS}.get(row["type"])
    options, codes = _options(row, list(usual.items()) if usual else file.answers_to(row))
    shuffle = {"shuffle": True} if file.attribute(row, "random_order") == "1" else {}
    return _plain(file, row, {"type": "one_choice", "options": options} | shuffle, codes)


def _several(file: File, row: Row) -> Content:
    rows = file.rows_of(row)
    options, codes = _options(row, [(sub.get("title", ""), file.question_texts(sub)) for sub in rows])
    alone = file.attribute(row, "exclude_all_others").split(";")
    for option in options:
        if row["type"] == "P":
            option["write"] = True
        if any(codes.get(name) == option["code"] for name in alone):
            option["exclusive"] = True
    question = _plain(file, row, {"type": "several_choices", "options": options}, codes)
    for sub in rows:
        file.names.tick(row, sub.get("title", ""))
    for ours, theirs in (("min", "min_answers"), ("max", "max_answers")):
        limit = file.attribute(row, theirs)
        if limit.isdigit() and 1 <= int(limit) <= len(options):
            question[ours] = int(limit)
    return question


def _ranking(file: File, row: Row) -> Content:
    answers = file.answers_to(row) or [(sub.get("title", ""), file.question_texts(sub)) for sub in file.rows_of(row)]
    options, codes = _options(row, answers)
    most = file.attribute(row, "max_answers")
    places = int(most) if most.isdigit() and int(most) >= 2 else 3
    return _plain(file, row, {"type": "ranking", "options": options, "most": min(places, len(options), 10)}, codes)


def _grid(file: File, row: Row, scale: str) -> Content:
    """A table of statements; a table of one is a question of its own."""
    kind = row["type"]
    steps: dict[str, Any] = {"do_not_know": False}
    if kind in ("A", "B"):
        number = 5 if kind == "A" else 10
        steps |= {"steps": number}
        codes: dict[str, Any] = _numbered(number)
    else:
        answers = list(_STEPS[kind].items()) if kind in _STEPS else file.answers_to(row, scale)
        if not 2 <= len(answers) <= _MOST_STEPS:
            raise NotUnderstood(f"har {len(answers)} trinn, og det kan være fra 2 til {_MOST_STEPS}")
        steps |= {"steps": len(answers), "each": [text for _, text in answers]}
        codes = {name: step for step, (name, _) in enumerate(answers, start=1)}
    rows = file.rows_of(row)
    if not rows:
        raise NotUnderstood("er en tabell uten påstander")
    id_ = file.new_id(row.get("title", "") + ("_2" if scale == "1" else ""))
    text = file.question_texts(row)
    header = file.attribute(row, "dualscale_headerA" if scale == "0" else "dualscale_headerB")
    if kind == "1" and header:
        text = {spoken: f"{ours} {header}" for spoken, ours in text.items()}
    if len(rows) == 1:
        file.names.add(row, Place(id_, codes), rows[0].get("title", ""))
        statement = file.question_texts(rows[0])
        both = {
            spoken: f"{ours} {statement.get(spoken, statement.get('nb', ''))}".strip() for spoken, ours in text.items()
        }
        return {"id": id_, "type": "scale", "text": both} | steps
    statements: list[Content] = []
    for sub in rows:
        own = code(sub.get("title", ""), {statement["code"] for statement in statements}, "p")
        statements.append({"code": own, "text": file.question_texts(sub) or {"nb": sub.get("title", "")}})
        if scale == "0":
            file.names.add(row, Place(f"{id_}.{own}", codes), sub.get("title", ""))
    return {"id": id_, "type": "grid", "text": text, "statements": statements} | steps


def _number(file: File, row: Row) -> Content:
    low, high = (file.attribute(row, f"{end}_num_value_n") for end in ("min", "max"))
    least = int(float(low)) if _LIMIT.fullmatch(low) else 0
    most = int(float(high)) if _LIMIT.fullmatch(high) else 1_000_000
    if least >= most:
        raise NotUnderstood("har et minste tall som ikke er mindre enn det største")
    number: Content = {"type": "number", "min": least, "max": most}
    if file.attribute(row, "num_value_int_only") != "1":
        number["decimals"] = 2
    if unit := file.attribute(row, "suffix"):
        number["unit"] = {"nb": unit[:200]}
    return number


def _each(file: File, row: Row) -> list[Content]:
    """Several fields under one heading: a question for each."""
    heading = file.question_texts(row)
    fields = _number(file, row) if row["type"] == "K" else {"type": "short_text"}
    statements: list[Content] = []
    for sub in file.rows_of(row):
        own = file.question_texts(sub)
        text = {spoken: f"{words} {own.get(spoken, own.get('nb', ''))}".strip() for spoken, words in heading.items()}
        id_ = file.new_id(f"{row.get('title', '')}_{sub.get('title', '')}")
        file.names.add(row, Place(id_, is_figure=row["type"] == "K"), sub.get("title", ""))
        statements.append({"id": id_, "text": text} | fields)
    if not statements:
        raise NotUnderstood("har ingen felt å fylle ut")
    return statements
