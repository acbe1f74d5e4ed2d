"""A condition as the editor's form has it: groups of earlier answers chosen from lists, and the condition in words.

A group says of its rows: all of them, at least one, or none; of several groups all hold, or at least one. What an
imported condition says beyond that is kept, and shown in words.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.surveys.editing.domain import Content, Part, questions
from shared.events.questionnaire import DO_NOT_KNOW

Field = tuple[str, str]
#: Groups a condition can be put together from, and rows of each: together no more than one list of the contract holds.
GROUPS, GROUP_ROWS = 3, 6
#: Kinds that are answered by a number, which a condition can give limits; a scale's and a grid's are steps.
_NUMBERED = ("number", "year", "scale", "grid")
_FIGURE = re.compile(r"(?P<whole>[-−]?[0-9]{1,9})(?:[,.](?P<part>[0-9]{1,3}))?")


@dataclass(frozen=True)
class Row:
    """``q1=ja``; or ``q1=`` for any answer within the limits, as they stand in their fields."""

    when: str
    least: str = ""
    most: str = ""


@dataclass(frozen=True)
class Group:
    """``all``, ``any`` or ``none`` of its rows hold."""

    mode: str
    rows: list[Row]


def earlier_answers(content: Part, before: str) -> list[tuple[str, list[Field]]]:
    """What a condition of the page or question ``before`` may name: (question's text, [(``q1=ja``, answer's text)])."""
    earlier: list[tuple[str, list[Field]]] = []
    for page in content["pages"]:
        if page["id"] == before:
            return earlier
        for question in page["questions"]:
            if question["id"] == before:
                return earlier
            for place, text in _places(question):
                answers = [(f"{place}={code}", label) for code, label in _labels(question).items()]
                if question["type"] in _NUMBERED:
                    what = "Tall" if question["type"] in ("number", "year") else "Trinn"
                    answers.append((f"{place}=", f"{what}: minst og høyst"))
                if answers:
                    earlier.append((text, answers))
    return earlier


def _places(question: Part) -> Iterator[Field]:
    """The names under which the question's answers are asked about, with their texts: one, or each statement's."""
    text = question["text"].get("nb") or question["id"]
    if "statements" not in question:
        yield question["id"], text
    for row in question.get("statements", ()):
        yield f"{question['id']}.{row['code']}", f"{text} {row['text'].get('nb', row['code'])}"


def _labels(question: Part) -> dict[str, str]:
    """The answers to be chosen, by code."""
    if question["type"] not in ("scale", "grid"):
        return {option["code"]: option["text"].get("nb", option["code"]) for option in question.get("options", ())}
    first, each = question.get("first", 1), question.get("each", ())
    labels = {str(step): str(step) for step in range(first, first + question.get("steps", 5))}
    for step, words in enumerate(each, start=first):
        if str(step) in labels:
            labels[str(step)] = f"{step} {words.get('nb', '')}".strip()
    return labels | ({DO_NOT_KNOW: "Vet ikke"} if question.get("do_not_know", True) else {})


def sent_groups(value_of: Callable[[str], str]) -> list[Group]:
    """The form's groups, each with its rows up to the last that is chosen."""
    groups = []
    for number in range(1, GROUPS + 1):
        names = [f"{number}.{row}" for row in range(1, GROUP_ROWS + 1)]
        rows = [Row(value_of(f"when.{name}"), value_of(f"least.{name}"), value_of(f"most.{name}")) for name in names]
        while rows and not rows[-1].when:
            rows.pop()
        mode = value_of(f"condition.{number}")
        groups.append(Group(mode if mode in ("any", "none") else "all", rows))
    return groups


def set_condition(part: Content, value_of: Callable[[str], str]) -> None:
    """Give the part the condition that the form says, or none."""
    if value_of("condition") == "keep":
        return
    join = "any" if value_of("condition") == "any" else "all"
    whole: list[Content] = []
    groups = [(group, rules) for group in sent_groups(value_of) if (rules := _rules(group))]
    for group, each in groups:
        if group.mode == join and len(groups) > 1:
            whole += each
        else:
            whole.append(each[0] if len(each) == 1 and group.mode != "none" else {group.mode: each})
    part.pop("show_if", None)
    if whole:
        part["show_if"] = whole[0] if len(groups) == 1 else {join: whole}


def _rules(group: Group) -> list[Content]:
    """What the group says of each question; alternatives of one question together."""
    rules: list[Content] = []
    for row in group.rows:
        question, is_one, code = row.when.partition("=")
        if not is_one:
            continue
        if not code:
            limits = {"at_least": figure(row.least), "at_most": figure(row.most)}
            rules.append({"question": question, **{name: n for name, n in limits.items() if n is not None}})
            continue
        value = int(code) if code.isdecimal() else code
        same = (rule for rule in rules if rule["question"] == question and "any_of" in rule)
        if group.mode != "all" and (rule := next(same, None)):
            rule["any_of"].append(value)
        else:
            rules.append({"question": question, "any_of": [value]})
    return rules


def figure(text: str) -> int | float | None:
    """A limit as people write it; None for what is no number."""
    match = _FIGURE.fullmatch(text.strip())
    if match is None:
        return None
    whole = match["whole"].replace("−", "-")
    return float(f"{whole}.{match['part']}") if match["part"] else int(whole)


def wrong_condition(value_of: Callable[[str], str]) -> dict[str, str]:
    """A limit that is no number, and answers chosen beside a condition that is kept, in words by field."""
    if value_of("condition") == "keep" and any(group.rows for group in sent_groups(value_of)):
        return {"condition": "Du har valgt svar, men beholder vilkåret som er der. Velg hva som skal gjelde."}
    names = [
        f"{limit}.{group}.{row}"
        for group in range(1, GROUPS + 1)
        for row in range(1, GROUP_ROWS + 1)
        if value_of(f"when.{group}.{row}").endswith("=")
        for limit in ("least", "most")
    ]
    return {
        name: "Skriv et tall, for eksempel 5." for name in names if value_of(name) and figure(value_of(name)) is None
    }


def chosen_groups(part: Part) -> tuple[str, list[Group]] | None:
    """The part's condition as the form's lists hold it: whether ``all`` or ``any`` of the groups, and the groups.

    None when it says more than the lists can, as an imported one may: then it is shown in words and kept.
    """
    condition = part.get("show_if")
    if condition is None:
        return "all", []
    join, groups = "all", [one] if (one := _group(condition)) else []
    if not groups:
        join = next((name for name in ("all", "any") if name in condition), "")
        for inner in condition.get(join, ()):
            group = _group(inner)
            if group is None:
                return None
            # What stands beside groups is a group of its own, so that it is written as it was read.
            goes_in = "question" in inner and (join == "any" or len(group.rows) == 1)
            if goes_in and groups and groups[-1].mode == join:
                groups[-1].rows.extend(group.rows)
            else:
                groups.append(Group(join, group.rows) if goes_in else group)
    fits = 0 < len(groups) <= GROUPS and all(len(group.rows) <= GROUP_ROWS for group in groups)
    return (join, groups) if fits else None


def _group(condition: Part) -> Group | None:
    """The condition as one group, if it is one."""
    mode = next((name for name in ("all", "any", "none") if name in condition), "")
    each = [_rows(rule) for rule in (condition[mode] if mode else [condition])]
    if not all(each) or (mode == "all" and any(len(rows) > 1 for rows in each)):
        return None
    rows = [row for rows in each for row in rows]
    return Group(mode or ("any" if len(rows) > 1 else "all"), rows)


def _rows(rule: Part) -> list[Row]:
    if set(rule) == {"question", "any_of"}:
        return [Row(f"{rule['question']}={value}") for value in rule["any_of"]]
    if "question" in rule and set(rule) <= {"question", "at_least", "at_most"}:
        return [Row(f"{rule['question']}=", *(_written(rule.get(name)) for name in ("at_least", "at_most")))]
    return []


def _written(number: float | None) -> str:
    return "" if number is None else str(number).replace(".", ",")


def in_words(content: Content, condition: Part) -> str:
    """``svarer «Ja» på «Kjører du bil?» og minst 18 på «Hvor gammel er du?»``; to be put after "dem som"."""
    match condition:
        case {"question": place}:
            return _answered(content, place, condition)
        case {"all": each}:
            return " og ".join(_inner(content, inner, each) for inner in each)
        case {"any": each}:
            return " eller ".join(_inner(content, inner, each) for inner in each)
        case {"none": each}:
            return " og ".join(
                f"ikke {words}" if "question" in inner else f"ikke ({words})"
                for inner in each
                for words in [in_words(content, inner)]
            )
        case _:
            return "oppfyller et vilkår som ikke er kjent her"


def _inner(content: Content, condition: Part, beside: Sequence[Part]) -> str:
    words = in_words(content, condition)
    return f"({words})" if len(beside) > 1 and "question" not in condition else words


def _answered(content: Content, place: str, rule: Mapping[str, object]) -> str:
    known = {name: (question, text) for question in questions(content) for name, text in _places(question)}
    question, text = known.get(place, ({"type": ""}, ""))
    where = f"«{text}»" if text else "et spørsmål som er fjernet"
    if any_of := rule.get("any_of"):
        labels = _labels(question)
        codes = [str(value) for value in any_of]  # type: ignore[attr-defined]
        named = [f"«{labels[code]}»" if code in labels else "et svar som er fjernet" for code in codes]
        return f"svarer {' eller '.join(named)} på {where}"
    limits = [(words, rule.get(name)) for words, name in (("minst", "at_least"), ("høyst", "at_most"))]
    said = [f"{words} {_written(limit)}" for words, limit in limits if limit is not None]  # type: ignore[arg-type]
    return f"svarer {' og '.join(said)} på {where}" if said else f"svarer på {where}"
