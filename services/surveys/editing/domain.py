"""A questionnaire while it is being written: plain content that may still lack texts, and what can be done to it.

Every change takes content and gives new content; the old one stays, as an earlier version. Ids and codes are given once
and never change: answers are stored under them.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from shared.events.questionnaire import KINDS, LANGUAGES, identity_of

Content = dict[str, Any]
#: A questionnaire's content or a piece of it (page, question, option), to be read.
Part = Mapping[str, Any]


class NoSuchPart(LookupError):
    """The page or question is not in the questionnaire: somebody else removed it."""


def blank(id_: str, title: str) -> Content:
    """A questionnaire with nothing but a title and one empty page."""
    return {
        "id": id_,
        "version": 1,
        "title": {"nb": title},
        "introduction": {},
        "minutes": 5,
        "pages": [{"id": "side1", "title": {}, "questions": []}],
    }


def copied(content: Part, id_: str) -> Content:
    """The same questions under a new name; each says where it was asked first, so that results show a trend."""
    new: Content = {**deepcopy(dict(content)), "id": id_, "version": 1}
    for question in questions(new):
        if question["type"] != "information":
            question["bank"] = identity_of(content["id"], question)
        # Said of another change of words.
        question.pop("same_meaning", None)
    return new


def languages_of(content: Part) -> tuple[str, ...]:
    """The languages it is written in: those of its title, which is empty until it is written; Bokmål always."""
    return tuple(code for code in LANGUAGES if code == "nb" or code in content["title"])


def text_parts(part: Part) -> Iterator[Mapping[str, str]]:
    """Every text of the part, by language: its own, then those of its options or statements."""
    for name in ("title", "topic", "introduction", "text", "help", "unit", "low", "high"):
        if isinstance(part.get(name), dict):
            yield part[name]
    yield from (step for step in part.get("each") or () if isinstance(step, dict))
    for name in ("options", "statements"):
        for row in part.get(name, ()):
            yield row["text"]
            if isinstance(row.get("picture"), dict):
                yield row["picture"]["shows"]


def questions(content: Part) -> Iterator[Content]:
    """Every question in the order asked."""
    for page in content["pages"]:
        yield from page["questions"]


def page_of(content: Part, page_id: str) -> Content:
    """The page; raises NoSuchPart."""
    for page in content["pages"]:
        if page["id"] == page_id:
            return dict(page)
    raise NoSuchPart(page_id)


def question_of(content: Mapping[str, object], question_id: str) -> Content:
    """The question; raises NoSuchPart."""
    for question in questions(content):
        if question["id"] == question_id:
            return question
    raise NoSuchPart(question_id)


def add_page(content: Content) -> Content:
    """One more page at the end."""
    new = deepcopy(content)
    new["pages"].append({"id": free("side", [page["id"] for page in new["pages"]]), "title": {}, "questions": []})
    return new


def _free_id(content: Content) -> str:
    """An id that nothing mentions, or a condition that names a deleted question would come to mean a new one."""
    return free("q", re.findall(r"\bq[0-9]+\b", json.dumps(content)))


def add_question(content: Content, page_id: str, kind: str) -> tuple[Content, str]:
    """One more question at the end of the page, and its id; raises KeyError for no such kind."""
    model, new = KINDS[kind], deepcopy(content)
    question: Content = {"type": kind, "id": _free_id(new), "text": {}}
    if "options" in model.model_fields and model.model_fields["options"].is_required():
        question["options"] = []
    if "statements" in model.model_fields:
        question["statements"] = []
    if kind in ("number", "year"):
        question |= {"min": 0, "max": 100} if kind == "number" else {"min": 1900, "max": 2100}
    _questions_on(new, page_id).append(question)
    return new, question["id"]


def add_asked(content: Content, page_id: str, identity: str, original: Part) -> tuple[Content, str]:
    """A question that was asked before, at the end of the page: its words and codes, without its condition; its id."""
    new = deepcopy(content)
    words = {key: value for key, value in deepcopy(dict(original)).items() if key not in ("show_if", "same_meaning")}
    question = {**words, "id": _free_id(new), "bank": identity}
    _questions_on(new, page_id).append(question)
    return new, question["id"]


def copy_question(content: Content, question_id: str) -> Content:
    """The question once more, right after itself, under an id of its own."""
    new = deepcopy(content)
    on, place = _place(new, question_id)
    twin = {**deepcopy(on[place]), "id": _free_id(new)}
    for name in ("bank", "same_meaning"):
        twin.pop(name, None)
    on.insert(place + 1, twin)
    return new


def delete(content: Content, part_id: str) -> Content:
    """Without the question, or the page with all that is on it; the last page stays."""
    new = deepcopy(content)
    pages = [page for page in new["pages"] if page["id"] != part_id]
    if len(pages) < len(new["pages"]):
        if pages:
            new["pages"] = pages
        return new
    on, place = _place(new, part_id)
    del on[place]
    return new


def move(content: Content, part_id: str, by: int) -> Content:
    """The page or question one place up (-1) or down (1); a question goes over to the neighbouring page at an end."""
    new = deepcopy(content)
    pages = new["pages"]
    for place, page in enumerate(pages):
        if page["id"] == part_id:
            if 0 <= place + by < len(pages):
                pages[place], pages[place + by] = pages[place + by], pages[place]
            return new
    for number, page in enumerate(pages):
        for place, question in enumerate(page["questions"]):
            if question["id"] != part_id:
                continue
            if 0 <= place + by < len(page["questions"]):
                page["questions"].insert(place + by, page["questions"].pop(place))
            elif 0 <= number + by < len(pages):
                neighbour = pages[number + by]["questions"]
                neighbour.insert(len(neighbour) if by < 0 else 0, page["questions"].pop(place))
            return new
    raise NoSuchPart(part_id)


def _questions_on(content: Content, page_id: str) -> list[Content]:
    for page in content["pages"]:
        if page["id"] == page_id:
            questions_here: list[Content] = page["questions"]
            return questions_here
    raise NoSuchPart(page_id)


def _place(content: Content, question_id: str) -> tuple[list[Content], int]:
    for page in content["pages"]:
        for place, question in enumerate(page["questions"]):
            if question["id"] == question_id:
                return page["questions"], place
    raise NoSuchPart(question_id)


def free(stem: str, names: Sequence[str]) -> str:
    """The stem with the first number nobody has."""
    number = 1
    while f"{stem}{number}" in names:
        number += 1
    return f"{stem}{number}"
