"""XLSForm files read into a questionnaire: what fits is taken, what does not is listed with sheet, row and reason."""

import json
import re
import warnings
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from pyxform.errors import PyXFormError
from pyxform.xls2json_backends import csv_to_dict, xlsx_to_dict

from services.surveys.editing.domain import Content
from services.surveys.exchange.cells import code, language, limits, lowered, plain
from services.surveys.exchange.expressions import NotUnderstood, read
from services.surveys.exchange.files import BadFile, checked
from services.surveys.exchange.taking import MOST_ROWS, Imported, Refused
from shared.events.questionnaire import KINDS
from shared.slugs import slug

_DEVICE = (
    "start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "email", "audit",
    "start-geopoint", "background-audio", "device id", "imei", "phone number", "phone",
)  # fmt: skip
_NOT_HERE = "og det finnes ikke her"
_REASONS = {
    **dict.fromkeys(_DEVICE, "samler opplysninger om enheten eller personen, og det gjør panelet ikke"),
    **dict.fromkeys(("geopoint", "geotrace", "geoshape", "location", "gps"), f"spør om sted på kart, {_NOT_HERE}"),
    **dict.fromkeys(("image", "photo", "audio", "video", "file", "barcode", "osm"), f"ber om en fil, {_NOT_HERE}"),
    **dict.fromkeys(("calculate", "hidden", "xml-external", "csv-external"), f"regner ut noe skjult, {_NOT_HERE}"),
    **dict.fromkeys(("time", "datetime", "date time"), f"spør om klokkeslett, {_NOT_HERE}"),
    **dict.fromkeys(("acknowledge", "trigger"), f"ber om en bekreftelse, {_NOT_HERE}"),
}
_CHOICES = {"select_one": "one_choice", "select_multiple": "several_choices", "rank": "ranking"}
_LONG = re.compile(r"multiline", re.IGNORECASE)


def read_xlsform(data: bytes, name: str) -> Imported:
    """The questionnaire in an ``.xlsx`` or ``.csv`` file; raises BadFile with a sentence for staff."""
    kind = checked(data, name)
    try:
        with warnings.catch_warnings():
            # What a workbook holds beside its cells is none of ours.
            warnings.simplefilter("ignore")
            book = xlsx_to_dict(BytesIO(data)) if kind == "xlsx" else csv_to_dict(BytesIO(data))
    except (PyXFormError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise BadFile(
            "Filen kan ikke leses som XLSForm. Den må ha arket «survey» med kolonnene type, name og label."
        ) from error
    rows = book.get("survey") or []
    if not any("type" in lowered(row) for row in rows):
        raise BadFile("Arket «survey» mangler eller har ingen kolonne som heter «type».")
    if len(rows) > MOST_ROWS:
        raise BadFile(f"Arket «survey» har {len(rows)} rader. Det er plass til {MOST_ROWS}.")
    return _Import(book, name).run()


class _Import:
    """One reading: names in the file to ids here, pages and what was refused."""

    def __init__(self, book: Mapping[str, Any], name: str) -> None:
        self._rows: list[dict[str, str]] = [lowered(row) for row in book["survey"]]
        self._lists: dict[str, list[dict[str, str]]] = {}
        for row in (lowered(row) for row in book.get("choices") or []):
            self._lists.setdefault(row.get("list_name") or row.get("list name") or "", []).append(row)
        self._list_codes: dict[str, dict[str, str]] = {}
        self._answer_codes: dict[str, dict[str, str]] = {}
        self._ids: dict[str, str] = {}
        self._asked: dict[str, Content] = {}
        settings = lowered((book.get("settings") or [{}])[0]) if book.get("settings") else {}
        self._is_own = bool(_own(settings))
        title = settings.get("form_title") or settings.get("title") or name.rsplit(".", 1)[0]
        self._done = Imported({
            "id": f"{slug(title)[:30].strip('-') or 'skjema'}", "version": 1, "title": {"nb": title[:200]},
            "introduction": {}, "minutes": 5,
        } | _own(settings) | {"pages": []})  # fmt: skip
        self._groups: list[tuple[str, dict[str, Any] | None]] = []
        self._languages_seen: set[str] = set()

    def run(self) -> Imported:
        for number, row in enumerate(self._rows, start=2):
            kind = " ".join((row.get("type") or "").split())
            if kind:
                self._row(number, kind, row)
        pages = [page for page in self._done.content["pages"] if page["questions"]]
        self._done.content["pages"] = pages or [{"id": "side1", "title": {}, "questions": []}]
        if self._languages_seen and "nb" not in self._languages_seen:
            self._done.remarks.append(
                "Filen har ingen tekster på bokmål. Tekstene er tatt inn som de står. Oversett dem."
            )
        return self._done

    def _row(self, number: int, kind: str, row: dict[str, str]) -> None:
        lowered = kind.lower()
        try:
            if re.match(r"begin[ _]repeat", lowered):
                self._groups.append(("repeat", None))
                raise NotUnderstood("gjentar spørsmål flere ganger, og det finnes ikke her")
            if re.match(r"begin[ _]group", lowered):
                condition = self._condition(row)
                self._groups.append(("group", condition))
                self._new_page(row, self._joined())
            elif re.match(r"end[ _](group|repeat)", lowered):
                if self._groups:
                    self._groups.pop()
                self._new_page({}, self._joined())
            elif any(name == "repeat" for name, _ in self._groups):
                raise NotUnderstood("står i en gruppe som gjentas")
            else:
                self._question(kind, row)
        except NotUnderstood as error:
            if re.match(r"begin[ _]group", lowered):
                self._groups.append(("repeat", None))
            self._done.refused.append(Refused("survey", number, row.get("name") or kind, str(error)))

    def _joined(self) -> dict[str, Any] | None:
        """What everybody on a page in these groups has met."""
        conditions = [condition for _, condition in self._groups if condition]
        return None if not conditions else conditions[0] if len(conditions) == 1 else {"all": conditions}

    def _new_page(self, row: Mapping[str, str], condition: dict[str, Any] | None) -> None:
        pages = self._done.content["pages"]
        title = self._texts(row, "label")
        # A page of our own export is called what it was; the groups of others may share a name.
        id_ = row["name"] if "panel" in row else f"side{len(pages) + 1}"
        page: Content = {"id": id_, "title": title or {"nb": f"Side {len(pages) + 1}"}}
        if condition := _own(row).get("show_if", condition):
            page["show_if"] = condition
        pages.append(page | {"questions": []})

    def _question(self, kind: str, row: dict[str, str]) -> None:
        word, _, rest = kind.partition(" ")
        word = word.lower()
        if word == "select" and rest.lower().startswith(("one", "multiple", "all that apply")):
            head, _, rest = rest.partition(" ")
            word = "select_one" if head.lower() == "one" else "select_multiple"
            rest = re.sub(r"^(that apply )?(from )?", "", rest)
        if kind.lower() in _REASONS or word in _REASONS:
            raise NotUnderstood(_REASONS.get(kind.lower(), _REASONS.get(word, "")))
        name = row.get("name") or ""
        own = _own(row)
        text = self._texts(row, "label") or ({"nb": name} if name else {})
        question: Content = {"type": "", "id": self._new_id(name), "text": text}
        if helping := self._texts(row, "hint"):
            question["help"] = helping
        if (row.get("required") or "").lower() not in ("yes", "true", "true()", "ja", "1"):
            question["required"] = False
        if own.get("type") in KINDS:
            question |= {key: value for key, value in own.items() if key not in ("id", "text", "help")}
            self._answer_codes[question["id"]] = {one["code"]: one["code"] for one in question.get("options", ())}
        else:
            if condition := self._condition(row):
                question["show_if"] = condition
            self._of_kind(word, rest, row, question)
        if not text:
            raise NotUnderstood("har ingen tekst å vise")
        if not self._done.content["pages"]:
            self._new_page({}, self._joined())
        self._done.content["pages"][-1]["questions"].append(question)
        self._ids[name], self._asked[name] = question["id"], question
        self._done.taken += 1

    def _of_kind(self, word: str, rest: str, row: Mapping[str, str], question: Content) -> None:
        match word:
            case "select_one" | "select_multiple" | "rank":
                question["type"] = _CHOICES[word]
                if row.get("choice_filter"):
                    raise NotUnderstood(f"viser ulike svar etter hva som er svart før, {_NOT_HERE}")
                self._options(rest, question)
                if word == "rank":
                    question["most"] = max(2, min(3, len(question["options"])))
            case "integer" | "int" | "decimal" | "range":
                low, high = limits(row)
                question |= {"type": "number", "min": int(low), "max": int(high)}
                if word == "decimal":
                    question["decimals"] = 2
            case "text" | "string":
                question["type"] = "long_text" if _LONG.search(row.get("appearance") or "") else "short_text"
            case "date":
                question["type"] = "date"
            case "note":
                question |= {"type": "information", "required": False}
            case _:
                raise NotUnderstood(f"er av typen «{word}», som ikke finnes her")
        if question["type"] not in KINDS:
            raise NotUnderstood(f"er av typen «{word}», som ikke finnes her")

    def _options(self, rest: str, question: Content) -> None:
        list_name, _, more = rest.strip().partition(" ")
        rows = self._lists.get(list_name)
        if not rows:
            raise NotUnderstood(f"viser til listen «{list_name}», som ikke finnes i arket «choices»")
        codes = self._list_codes.setdefault(list_name, {})
        question["options"] = []
        for row in rows:
            name = row.get("name") or row.get("value") or ""
            own = codes.setdefault(name, code(name, set(codes.values())))
            text = self._texts(row, "label") or {"nb": name}
            if own not in [option["code"] for option in question["options"]]:
                question["options"].append({"code": own, "text": text})
        if "or_other" in more or "or specify other" in more:
            question["options"].append({"code": "annet", "text": {"nb": "Annet"}, "write": True})
            codes["other"] = "annet"
        if len(question["options"]) < 2:
            raise NotUnderstood("har færre enn to svar å velge mellom")
        self._answer_codes[question["id"]] = codes

    def _condition(self, row: Mapping[str, str]) -> dict[str, Any] | None:
        text = row.get("relevant") or row.get("relevance") or row.get("bind::relevant")
        return read(text, self._ids.__getitem__, self._answer) if text else None

    def _answer(self, name: str, value: str) -> Any:
        question = self._asked[name]
        if "options" in question:
            return self._answer_codes[question["id"]][value]
        return float(value)

    def _texts(self, row: Mapping[str, str], column: str) -> dict[str, str]:
        found: dict[str, str] = {}
        other = ""
        for key, value in row.items():
            head, _, spoken = key.partition("::")
            if head.strip() != column or not value:
                continue
            named = language(spoken)
            self._languages_seen.add(named or spoken)
            if named:
                found.setdefault(named, self._words(value))
            else:
                other = other or self._words(value)
        if "nb" not in found and (text := other or found.get("en") or found.get("nn")):
            found["nb"] = text
        return {lang: found[lang] for lang in ("nb", "nn", "en") if lang in found}

    def _words(self, text: str) -> str:
        """As it stands in our own export; without the markup of others' tools in theirs."""
        return text if self._is_own else plain(text)

    def _new_id(self, name: str) -> str:
        return code(name, {question["id"] for question in self._asked.values()}, "q")


def _own(row: Mapping[str, str]) -> dict[str, Any]:
    """What our own export has put into the row's ``panel`` column; nothing for files of others."""
    try:
        found = json.loads(row.get("panel") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
