"""XLSForm files read into a questionnaire: what fits is taken, what does not is listed with sheet, row and reason."""

import json
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pyxform.errors import PyXFormError
from pyxform.xls2json_backends import csv_to_dict, xlsx_to_dict

from services.surveys.editing.domain import Content, languages_of
from services.surveys.editing.filling import only_languages
from services.surveys.editing.pictures import NotTaken, cleaned
from services.surveys.exchange.asked import SEVERAL, AskedHere, Place
from services.surveys.exchange.cells import code, kind_of, language, lowered, plain
from services.surveys.exchange.conditions import all_of
from services.surveys.exchange.expressions import NeverShown, NotUnderstood, read, reckoned
from services.surveys.exchange.files import BadFile, checked, with_commas
from services.surveys.exchange.listing import Lists
from services.surveys.exchange.repeating import USUAL, Layout, begins_repeat
from services.surveys.exchange.taking import MOST_ROWS, Imported, Refused
from services.surveys.exchange.xlsform_kinds import Kinds, reason_against
from shared.events.questionnaire import KINDS, LANGUAGES, NOT_QUOTED
from shared.slugs import slug

#: ``${navn}`` once its braces, and all others, have been turned to brackets: a brace quotes an answer here.
_REFERENCE, _NO_QUOTES = re.compile(r"\$\(([^()]+)\)"), str.maketrans("{}", "()")


def read_xlsform(data: bytes, name: str, copies: int = USUAL) -> Imported:
    """The questionnaire in an ``.xlsx`` or ``.csv`` file; raises BadFile with a sentence for staff.

    ``copies`` is how many times a repeated group without a count is asked at most.
    """
    kind = checked(data, name)
    try:
        with warnings.catch_warnings():
            # What a workbook holds beside its cells is none of ours.
            warnings.simplefilter("ignore")
            book = xlsx_to_dict(BytesIO(data)) if kind == "xlsx" else csv_to_dict(BytesIO(with_commas(data)))
    except (PyXFormError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise BadFile(
            "Filen kan ikke leses som XLSForm. Den må ha arket «survey» med kolonnene type, name og label."
        ) from error
    rows = [lowered(row) for row in book.get("survey") or []]
    if not any("type" in row for row in rows):
        raise BadFile("Arket «survey» mangler eller har ingen kolonne som heter «type».")
    if len(rows) > MOST_ROWS:
        raise BadFile(f"Arket «survey» har {len(rows)} rader. Det er plass til {MOST_ROWS}.")
    layout = Layout(enumerate(rows, start=2), copies)
    result = _Import(book, name).run(layout.lines)
    result.remarks += layout.remarks
    result.repeats = layout.is_open
    return result


@dataclass
class _Group:
    """A group of the file that is not ended yet."""

    condition: dict[str, Any] | None = None
    unfit: str = ""
    """Why nothing in it can be taken."""


class _Import:
    """One reading: names in the file to ids here, pages and what was refused."""

    def __init__(self, book: Mapping[str, Any], name: str) -> None:
        self._languages_seen: set[str] = set()
        settings = lowered((book.get("settings") or [{}])[0]) if book.get("settings") else {}
        self._is_own = bool(_own(settings))
        lists = Lists((lowered(row) for row in book.get("choices") or []), lambda row: self._texts(row, "label"))
        self._asked = AskedHere()
        self._ids: set[str] = set()
        self._kinds = Kinds(lists, self._asked, self._new_id, self._remark)
        self._quotable: dict[str, tuple[str, int]] = {}
        """Name in the file -> question and the page it is on, of answers short enough to quote."""
        title = settings.get("form_title") or settings.get("title") or name.rsplit(".", 1)[0]
        self._done = Imported({
            "id": f"{slug(title)[:30].strip('-') or 'skjema'}", "version": 1, "title": {"nb": title[:200]},
            "introduction": {}, "minutes": 5,
        } | _own(settings) | {"pages": []})  # fmt: skip
        self._groups: list[_Group] = []
        self._rows_taken: set[int] = set()
        self._quotes_this_page = self._leaves_out = False

    def run(self, lines: list[tuple[int, dict[str, str]]]) -> Imported:
        for number, row in lines:
            if kind := kind_of(row):
                self._row(number, kind, row)
        content = self._done.content
        content["pages"] = [page for page in content["pages"] if page["questions"]] or [
            {"id": "side1", "title": {}, "questions": []}
        ]
        for number, page in enumerate(content["pages"], start=1):
            if page["questions"] and not page["title"]:
                page["title"] = {"nb": f"Side {number}", "nn": f"Side {number}", "en": f"Page {number}"}
        if self._languages_seen and "nb" not in self._languages_seen:
            self._done.remarks.append(
                "Filen har ingen tekster på bokmål. Tekstene er tatt inn som de står. Oversett dem."
            )
        if not self._is_own:
            content["title"] = {
                code: content["title"]["nb"] for code in LANGUAGES if code == "nb" or code in self._languages_seen
            }
            # Words of our own ("Annet") stand in every language; the file may have fewer.
            self._done.content = only_languages(content, languages_of(content))
        return self._done

    def _row(self, number: int, kind: str, row: dict[str, str]) -> None:
        lowered = kind.lower()
        try:
            if begins_repeat(lowered):
                self._groups.append(_Group(unfit="står i en gruppe som gjentas"))
                raise NotUnderstood("gjentar spørsmål flere ganger enn det er plass til")
            if re.match(r"begin[ _]group", lowered):
                self._begin_group(row)
            elif re.match(r"end[ _](group|repeat)", lowered):
                if self._groups:
                    self._groups.pop()
                self._new_page({}, self._joined())
            elif unfit := next((group.unfit for group in self._groups if group.unfit), ""):
                raise NotUnderstood(unfit)
            elif lowered == "calculate":
                self._reckon(row)
            else:
                self._question(kind, row)
                self._rows_taken.add(number)
        except (NotUnderstood, NotTaken) as error:
            # A row of a group that is repeated is refused once, and not at all when some copies are only never shown.
            numbers = {refusal.row for refusal in self._done.refusals} | (
                self._rows_taken if isinstance(error, NeverShown) else set()
            )
            if number not in numbers:
                self._done.refusals.append(Refused("survey", number, row.get("name") or kind, str(error)))

    def _reckon(self, row: Mapping[str, str]) -> None:
        """A hidden row that only says whether something was answered: conditions on it become conditions on that."""
        try:
            cases = reckoned(row.get("calculation") or "", self._asked)
        except NotUnderstood as error:
            raise NotUnderstood(reason_against("calculate")) from error
        self._asked.add(row.get("name") or "", *(Place(None, {value: value}, when) for value, when in cases))

    def _begin_group(self, row: dict[str, str]) -> None:
        try:
            self._groups.append(_Group(self._condition(row)))
        except NotUnderstood as error:
            self._groups.append(_Group(unfit=f"står i en gruppe som ikke er tatt inn: {error}"))
            raise
        self._new_page(row, self._joined())

    def _joined(self) -> dict[str, Any] | None:
        """What everybody on a page in these groups has met."""
        conditions = [group.condition for group in self._groups if group.condition]
        return all_of(conditions) if conditions else None

    def _new_page(self, row: Mapping[str, str], condition: dict[str, Any] | None) -> None:
        pages = self._done.content["pages"]
        number = len(pages) + 1
        # A page of our own export is called what it was; the groups of others may share a name.
        id_ = row["name"] if "panel" in row else f"side{number}"
        page: Content = {"id": id_, "title": self._texts(row, "label")}
        if condition := _own(row).get("show_if", condition):
            page["show_if"] = condition
        pages.append(page | {"questions": []})

    def _question(self, kind: str, row: dict[str, str]) -> None:
        if reason := reason_against(kind):
            raise NotUnderstood(reason)
        name = row.get("name") or ""
        own = _own(row)
        pages = self._done.content["pages"]
        if not pages:
            self._new_page({}, self._joined())
        self._quotes_this_page = self._leaves_out = False
        text = self._texts(row, "label") or ({"nb": name} if name else {})
        question: Content = {"type": "", "id": "", "text": text}
        if helping := self._texts(row, "hint"):
            question["help"] = helping
        if (row.get("required") or "").lower() not in ("yes", "true", "true()", "ja", "1"):
            question["required"] = False
        if own.get("type") in KINDS:
            question |= {key: value for key, value in own.items() if key not in ("id", "text", "help")}
            question["id"] = self._new_id(name)
            for option in question.get("options", ()):
                if picture := option.get("picture"):
                    option["picture"] = cleaned(picture)
            codes = {each["code"]: each["code"] for each in question["options"]} if "options" in question else None
            is_figure = own["type"] in ("number", "year", "scale")
            several = own["type"] in SEVERAL
            new, places = [question], [Place(question["id"], codes, is_figure=is_figure, several=several)]
        else:
            if condition := self._condition(row):
                question["show_if"] = condition
            new, places = self._kinds.questions(kind, row, question)
        if not text:
            raise NotUnderstood("har ingen tekst å vise")
        if self._quotes_this_page:
            # An answer can be quoted from the next page on.
            pages.append({**pages[-1], "id": f"side{len(pages) + 1}", "questions": []})
        pages[-1]["questions"] += new
        self._asked.add(name, *places)
        if len(new) == 1 and new[0]["type"] not in NOT_QUOTED:
            self._quotable[name] = new[0]["id"], len(pages)
        self._done.taken += len(new)
        if self._leaves_out:
            self._remark(
                f"Teksten til «{name}» skal vise noe som regnes ut, eller et svar som ikke kan gjengis. Der står «…»."
            )

    def _condition(self, row: Mapping[str, str]) -> dict[str, Any] | None:
        text = row.get("relevant") or row.get("relevance") or row.get("bind::relevant")
        return read(text, self._asked) if text else None

    def _remark(self, sentence: str) -> None:
        if sentence not in self._done.remarks:
            self._done.remarks.append(sentence)

    def _texts(self, row: Mapping[str, str], column: str) -> dict[str, str]:
        texts: dict[str, str] = {}
        other = ""
        for key, value in row.items():
            head, _, spoken = key.partition("::")
            if head.strip() != column or not value:
                continue
            named = language(spoken)
            self._languages_seen.add(named or spoken)
            if named:
                texts.setdefault(named, self._words(value))
            else:
                other = other or self._words(value)
        if "nb" not in texts and (text := other or texts.get("en") or texts.get("nn")):
            texts["nb"] = text
        return {lang: texts[lang] for lang in ("nb", "nn", "en") if lang in texts}

    def _words(self, text: str) -> str:
        """As it stands in our own export; in others' without their tools' markup, earlier answers quoted as here."""
        return text if self._is_own else _REFERENCE.sub(self._quoted, plain(text).translate(_NO_QUOTES))

    def _quoted(self, reference: re.Match[str]) -> str:
        id_, page = self._quotable.get(reference[1].strip(), ("", 0))
        if not id_:
            self._leaves_out = True
            return "…"
        self._quotes_this_page |= page == len(self._done.content["pages"])
        return f"{{{id_}}}"

    def _new_id(self, name: str) -> str:
        id_ = code(name, self._ids, "q")
        self._ids.add(id_)
        return id_


def _own(row: Mapping[str, str]) -> dict[str, Any]:
    """What our own export has put into the row's ``panel`` column and those after it; nothing for files of others."""
    pieces = [row.get("panel") or "", *(row[name] for number in range(2, 100) if (name := f"panel {number}") in row)]
    try:
        content = json.loads("".join(pieces) or "{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
