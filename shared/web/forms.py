"""Reading forms: sizes, characters and types are checked before a service sees a value."""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

from pydantic import BaseModel, ValidationError, create_model
from starlette.datastructures import UploadFile
from starlette.requests import Request

from shared.rules import N_, has_refused_characters, without_refused_characters

#: Field id -> message in the reader's language; the empty id is about the whole form.
FormErrors = dict[str, str]

Model = TypeVar("Model", bound=BaseModel)

#: Bytes and fields of a form: a resident's, and one of staff, who send long lists and whole questionnaires.
_MOST = (64_000, 400)
MOST_OF_STAFF = (600_000, 8_000)


_LINE_MARKS = str.maketrans("\r\u2028\u2029", "\n  ")
_NOT_ONE_LINE = N_("Skriv dette på én linje, uten linjeskift og tabulator.")
#: What is said at a field that holds a refused character.
REFUSED_CHARACTERS = N_("Teksten har tegn vi ikke kan ta imot. Skriv den på nytt uten usynlige tegn.")


class BodyTooLarge(Exception):
    """The request's body is over the limit."""


class BadForm(Exception):
    """The body is no form this page could have sent."""


class Form:
    """Values as typed: stripped, NFC, line breaks as \\n; fields with refused characters are in ``errors``.

    Unicode's own line and paragraph marks come with pasted text and are no line break to a browser: they become
    spaces, for a heading that holds one can be no mail's subject.
    """

    def __init__(self, pairs: list[tuple[str, str]], files: Mapping[str, UploadFile] | None = None) -> None:
        self._values: dict[str, list[str]] = {}
        self.files = dict(files or {})
        self.refused: set[str] = set()
        for name, value in pairs:
            if has_refused_characters(name) or has_refused_characters(value):
                self.refused.add(without_refused_characters(name))
                value = without_refused_characters(value)
            clean = unicodedata.normalize("NFC", value.replace("\r\n", "\n").translate(_LINE_MARKS)).strip()
            self._values.setdefault(name, []).append(clean)

    def get(self, name: str) -> str | None:
        """The field's first value, or None when it was not sent."""
        values = self._values.get(name)
        return values[0] if values else None

    def id(self) -> UUID:
        """The id in the form's hidden field; raises BadForm where it is none, for no page of ours sends such a form."""
        id_ = as_id(self.get("id"))
        if id_ is None:
            raise BadForm("id")
        return id_

    def all(self, name: str) -> list[str]:
        """Every value of the field."""
        return list(self._values.get(name, []))

    def pairs(self) -> list[tuple[str, str]]:
        """Every name and value in the order sent; files are not among them."""
        return [(name, value) for name, values in self._values.items() for value in values]

    def values(self) -> dict[str, object]:
        """Field -> value, or list of values where a name came more than once; for showing the form again."""
        return {name: values[0] if len(values) == 1 else values for name, values in self._values.items()}


async def read_form(request: Request, max_bytes: int = 0) -> Form:
    """The posted form; raises BodyTooLarge or BadForm, which become pages that say what to do.

    ``max_bytes`` is for a form that is larger than others are.
    """
    usual, most_fields = MOST_OF_STAFF if hasattr(request.state, "staff") else _MOST
    return await read_form_within(request, max_bytes or usual, most_fields)


async def read_form_within(request: Request, max_bytes: int, most_fields: int) -> Form:
    """The posted form, of whomever it is."""
    body = await read_body(request, max_bytes)
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _read_multipart(request, body, most_fields)
    if kind not in ("application/x-www-form-urlencoded", ""):
        raise BadForm("content_type")
    try:
        text = body.decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=most_fields, errors="strict")
    except ValueError as error:
        raise BadForm("encoding") from error
    return Form(pairs)


def as_id(text: str | None) -> UUID | None:
    """The id a field or query names, or None for anything else."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


async def read_body(request: Request, max_bytes: int) -> bytes:
    """The body, read no further than the limit."""
    if int(request.headers.get("content-length") or 0) > max_bytes:
        raise BodyTooLarge
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > max_bytes:
            raise BodyTooLarge
        chunks.append(chunk)
    return b"".join(chunks)


async def _read_multipart(request: Request, body: bytes, most_fields: int) -> Form:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        data = await Request(request.scope, receive).form(max_files=3, max_fields=most_fields)
    except Exception as error:
        raise BadForm("multipart") from error
    pairs = [(name, value) for name, value in data.multi_items() if isinstance(value, str)]
    files = {name: value for name, value in data.multi_items() if isinstance(value, UploadFile)}
    return Form(pairs, files)


def validate(
    model: type[Model],
    form: Form,
    messages: Mapping[str, str],
    translate: Callable[[str], str],
    *,
    lists: tuple[str, ...] = (),
    context: object = None,
) -> tuple[Model | None, FormErrors]:
    """The form as ``model``, or messages per field.

    ``messages`` maps ``<field>.<code>``, ``<code>`` or ``<field>`` to a Bokmål text, the most telling first; texts may
    hold ``{parameter}`` of the error. Fields in ``lists`` take every value sent; validators get ``context``.
    """
    present = _present(model, form, lists)
    messages = {"one_line": _NOT_ONE_LINE} | dict(messages)
    errors: FormErrors = {name: translate(REFUSED_CHARACTERS) for name in form.refused}
    try:
        values = model.model_validate(present, context=context)
    except ValidationError as failure:
        for error in failure.errors():
            name = str(error["loc"][0]) if error["loc"] else ""
            text = next(
                (messages[key] for key in (f"{name}.{error['type']}", error["type"], name) if key in messages),
                N_("Feltet er ikke fylt ut riktig."),
            )
            context = {
                key: value for key, value in error.get("ctx", {}).items() if isinstance(value, str | int | float)
            }
            errors.setdefault(name, translate(text).format_map(_Lenient(context)))
        return None, errors
    return (None, errors) if errors else (values, {})


def right_fields(
    model: type[BaseModel], form: Form, errors: FormErrors, *, lists: tuple[str, ...] = ()
) -> dict[str, Any]:
    """What the fields without an error say, for rules between fields: a page tells all that is wrong at once."""
    right: dict[str, Any] = {name: (f.annotation, f) for name, f in model.model_fields.items() if name not in errors}
    only: type[BaseModel] = create_model("Right", **right)
    return only.model_validate(_present(model, form, lists)).model_dump()


def _present(model: type[BaseModel], form: Form, lists: tuple[str, ...]) -> dict[str, object]:
    fields = {name: form.all(name) if name in lists else form.get(name) for name in model.model_fields}
    return {name: value for name, value in fields.items() if value not in (None, "")}


class _Lenient(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return ""
