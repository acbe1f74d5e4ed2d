"""LimeSurvey's ``.lss`` files read into a questionnaire: what fits is taken, what does not is listed and why."""

import html
import re
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from services.surveys.editing.domain import Content, languages_of
from services.surveys.editing.filling import only_languages
from services.surveys.exchange.cells import code, language, plain
from services.surveys.exchange.expressions import NotUnderstood, read
from services.surveys.exchange.files import BadFile, checked
from services.surveys.exchange.lss_kinds import REASONS, Row, questions_of
from services.surveys.exchange.lss_terms import Names, as_expression
from services.surveys.exchange.taking import MOST_ROWS, Imported, Refused
from shared.slugs import slug

_PLACEHOLDER = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)(?:\.(?:shown|NAOK|value|code))*\}")
_TEXTS = (
    ("questions", "qid", ("question", "help")),
    ("subquestions", "qid", ("question",)),
    ("question_l10ns", "qid", ("question", "help")),
    ("groups", "gid", ("group_name",)),
    ("group_l10ns", "gid", ("group_name",)),
    ("answer_l10ns", "aid", ("answer",)),
    (
        "surveys_languagesettings",
        "surveyls_survey_id",
        ("surveyls_title", "surveyls_description", "surveyls_welcometext"),
    ),
)


def read_lss(data: bytes, name: str) -> Imported:
    """The questionnaire in an ``.lss`` file; raises BadFile with a sentence for staff."""
    checked(data, name)
    try:
        root = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise BadFile("Filen har innhold som kan være skadelig (XML-entiteter), og leses ikke.") from error
    except (ParseError, LookupError, ValueError) as error:
        raise BadFile("Filen er skadet eller har feil tegnsett og kan ikke leses som en .lss-fil.") from error
    if root.tag != "document" or root.findtext("LimeSurveyDocType") != "Survey":
        raise BadFile("Filen er ingen undersøkelse fra LimeSurvey. Lagre den som «Undersøkelsesstruktur (.lss)».")
    tables = {
        table.tag: [{cell.tag: (cell.text or "").strip() for cell in row} for row in table.findall("rows/row")]
        for table in root
    }
    questions = tables.get("questions", [])
    if not questions:
        raise BadFile("Undersøkelsen i filen har ingen spørsmål.")
    if len({row.get("qid") for row in (*questions, *tables.get("subquestions", []))}) > MOST_ROWS:
        raise BadFile(f"Filen har for mange spørsmål. Det er plass til {MOST_ROWS}.")
    return _Import(tables, name).run()


class _Import:
    """One reading: LimeSurvey's tables to pages, questions and what was refused."""

    def __init__(self, tables: Mapping[str, list[Row]], name: str) -> None:
        self._tables = tables
        survey = next(iter(tables.get("surveys", [])), {})
        self._main = survey.get("language", "")
        self._texts_of: dict[tuple[str, str], dict[str, str]] = {}
        for table, key, columns in _TEXTS:
            for row in tables.get(table, []):
                spoken = row.get("language") or row.get("surveyls_language") or self._main
                for column in columns:
                    if row.get(column):
                        self._texts_of.setdefault((column, row.get(key, "")), {}).setdefault(spoken, row[column])
        self._answers = self._by_question("answers")
        for row in tables.get("answers", []):
            if "answer" in row:
                key = f"{row.get('qid')} {row.get('scale_id', '0')} {row.get('code')}"
                self._texts_of.setdefault(("answer", key), {})[row.get("language") or self._main] = row["answer"]
        self._below = self._by_question("subquestions", "parent_qid")
        self._attributes = self._attributes_by_question()
        self._conditioned = {row.get("qid") for row in tables.get("conditions", [])}
        self._sid = survey.get("sid", "")
        title = self.texts(self._sid, "surveyls_title") or {"nb": name.rsplit(".", 1)[0][:200]}
        welcome = self.texts(self._sid, "surveyls_welcometext") or self.texts(self._sid, "surveyls_description")
        self._done = Imported({
            "id": slug(title["nb"])[:30].strip("-") or "skjema", "version": 1, "title": title,
            "introduction": welcome, "minutes": 5, "pages": [],
        })  # fmt: skip
        self.names = Names(self._sid)
        self._ids: set[str] = set()

    def run(self) -> Imported:
        """Every group in its order, each as a page."""
        for group in self._groups():
            self._group(group)
        content = self._done.content
        content["pages"] = [page for page in content["pages"] if page["questions"]] or [
            {"id": "side1", "title": {}, "questions": []}
        ]
        spoken = {lang for texts in self._texts_of.values() for lang in texts}
        if not any(language(lang) == "nb" for lang in spoken if lang):
            self._done.remarks.append(
                "Filen har ingen tekster på bokmål. Tekstene er tatt inn som de står. Oversett dem."
            )
        # Words of our own ("Annet") stand in every language; the file may have fewer.
        self._done.content = only_languages(content, languages_of(content))
        return self._done

    def texts(self, id_: str, column: str) -> dict[str, str]:
        """A text in our languages; Bokmål is the file's main language where it has no other."""
        texts: dict[str, str] = {}
        main = ""
        for spoken, text in self._texts_of.get((column, id_), {}).items():
            clean = plain(html.unescape(re.sub(r"<[^>]*>", " ", text)))
            main = clean if spoken == self._main else main
            if clean and spoken and (named := language(spoken)):
                texts.setdefault(named, clean)
        if "nb" not in texts and (text := main or texts.get("en") or texts.get("nn") or ""):
            texts["nb"] = text
        return {lang: texts[lang] for lang in ("nb", "nn", "en") if lang in texts} if "nb" in texts else {}

    def question_texts(self, row: Row, column: str = "question") -> dict[str, str]:
        """The text of a question or of one of its rows."""
        texts = self.texts(row["qid"], column)
        return {spoken: self._quoted(text) for spoken, text in texts.items()}

    def answers_to(self, row: Row, scale: str = "0") -> list[tuple[str, dict[str, str]]]:
        """(code, texts) of the answers of one scale."""
        options: dict[str, dict[str, str]] = {}
        rows = [answer for answer in self._answers.get(row["qid"], ()) if answer.get("scale_id", "0") == scale]
        for answer in sorted(rows, key=lambda answer: _whole(answer.get("sortorder", ""))):
            key = answer.get("aid") or f"{row['qid']} {scale} {answer.get('code')}"
            options[answer.get("code", "")] = self.texts(key, "answer") or {"nb": answer.get("code", "")}
        return list(options.items())

    def rows_of(self, row: Row, scale: str = "0") -> list[Row]:
        """Subquestions in order, each once."""
        rows = {sub["qid"]: sub for sub in self._below.get(row["qid"], ()) if sub.get("scale_id", "0") in (scale, "")}
        return sorted(rows.values(), key=lambda sub: _whole(sub.get("question_order", "")))

    def attribute(self, row: Row, name: str) -> str:
        """A setting of the question, empty where it has none."""
        return self._attributes.get((row["qid"], name), "")

    def new_id(self, name: str) -> str:
        """An id nobody has."""
        id_ = code(name, self._ids, "q")
        self._ids.add(id_)
        return id_

    def _group(self, group: Row) -> None:
        title = self.texts(group["gid"], "group_name") or {"nb": f"Side {len(self._done.content['pages']) + 1}"}
        page: Content = {"id": f"side{len(self._done.content['pages']) + 1}", "title": title, "questions": []}
        where, unfit = title["nb"], ""
        try:
            if condition := self._condition(group.get("grelevance", "")):
                page["show_if"] = condition
        except NotUnderstood as error:
            unfit = f"står i en gruppe som ikke passer: {error}"
        self._done.content["pages"].append(page)
        for number, row in enumerate(self._questions(group["gid"]), start=1):
            try:
                if unfit:
                    raise NotUnderstood(unfit)
                page["questions"] += self._taken(row)
            except NotUnderstood as error:
                self._done.refusals.append(Refused(where, number, row.get("title", ""), str(error)))

    def _taken(self, row: Row) -> list[Content]:
        if reason := REASONS.get(row.get("type", "")):
            raise NotUnderstood(reason)
        if row["qid"] in self._conditioned and row.get("relevance", "1") in ("", "1"):
            raise NotUnderstood("har et vilkår i en eldre form, som ikke kan leses")
        condition = self._condition(row.get("relevance", ""))
        if not self.question_texts(row):
            raise NotUnderstood("har ingen tekst å vise")
        if self.attribute(row, "array_filter") or self.attribute(row, "array_filter_exclude"):
            raise NotUnderstood("viser ulike svar etter hva som er svart før, og det finnes ikke her")
        new = questions_of(self, row)
        for question in new:
            if help_ := self.question_texts(row, "help"):
                question.setdefault("help", help_)
            if row.get("mandatory") not in ("Y", "S") and question["type"] != "information":
                question["required"] = False
            if condition:
                question["show_if"] = condition
        self._done.taken += 1
        return new

    def _condition(self, text: str) -> dict[str, object] | None:
        if text.strip() in ("", "1"):
            return None
        try:
            return read(as_expression(text, self.names), self.names.asked)
        except NotUnderstood as error:
            raise NotUnderstood(
                f"vilkåret «{text[:200]}» kan ikke uttrykkes her, eller det viser til noe som ikke er tatt inn"
            ) from error

    def _quoted(self, text: str) -> str:
        """``{name}`` as we quote an earlier answer; raises NotUnderstood for what is reckoned out."""

        def ours(quote: re.Match[str]) -> str:
            if (id_ := self.names.quoted.get(quote[1])) is None:
                raise NotUnderstood(f"har en tekst som regner ut noe: {quote[0]}")
            return f"<<{id_}>>"

        text = _PLACEHOLDER.sub(ours, text)
        if "{" in text and "}" in text:
            raise NotUnderstood("har en tekst som regner ut noe")
        return text.replace("<<", "{").replace(">>", "}")

    def _groups(self) -> list[Row]:
        groups = {row["gid"]: row for row in reversed(self._tables.get("groups", [])) if row.get("gid")}
        ids = {row.get("gid", "") for row in self._tables.get("questions", [])}
        groups |= {gid: {"gid": gid} for gid in ids - set(groups)}
        return sorted(groups.values(), key=lambda row: _whole(row.get("group_order", "")))

    def _questions(self, gid: str) -> Iterator[Row]:
        rows: dict[str, Row] = {}
        for row in self._tables.get("questions", []):
            is_here = row.get("gid") == gid and row.get("parent_qid", "0") in ("", "0") and row.get("qid")
            if is_here and (row["qid"] not in rows or row.get("language") == self._main):
                rows[row["qid"]] = row
        yield from sorted(rows.values(), key=lambda row: _whole(row.get("question_order", "")))

    def _by_question(self, table: str, key: str = "qid") -> dict[str, list[Row]]:
        rows_by: dict[str, list[Row]] = {}
        for row in self._tables.get(table, []):
            if row.get(key) and (table != "subquestions" or row.get("qid")):
                rows_by.setdefault(row[key], []).append(row)
        return rows_by

    def _attributes_by_question(self) -> dict[tuple[str, str], str]:
        values: dict[tuple[str, str], str] = {}
        for row in self._tables.get("question_attributes", []):
            if row.get("value") and row.get("language", "") in ("", self._main):
                values[row.get("qid", ""), row.get("attribute", "")] = row["value"]
        return values


def _whole(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
