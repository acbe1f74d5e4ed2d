"""The editor's form of one part: title and introduction, a page or a question, with the pictures of a pair.

A form carries the version it was made from. If somebody has changed the same part since, nothing is stored: the person
gets what they typed back beside what the other wrote. Changes to other parts go together.
"""

import asyncio
import re
from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.editing import domain
from services.surveys.editing.bank import asked_before
from services.surveys.editing.checking import findings
from services.surveys.editing.domain import Content, NoSuchPart
from services.surveys.editing.filling import not_read, with_cover, with_page, with_question
from services.surveys.editing.pictures import NotTaken, as_picture, carried
from services.surveys.editing.rows import ROWS, Pictures, Sent, moved, order_sent
from services.surveys.editing.saving import Written, save, version_of, written
from services.surveys.editing.showing import cover_form, page_form, question_form
from services.surveys.editing.staff import EDITOR, Bank, number_of, outline_page
from shared.events.questionnaire import identity_of
from shared.slugs import slug
from shared.web import Request, Response, or_404, problem, render, runtime, see_other
from shared.web.forms import Form, read_form
from shared.web.staff import staff_required

#: Two photographs as a telephone takes them; the gateway lets 18 MB through.
_MOST_WITH_PICTURES = 17_500_000
_PICTURE_FIELD = re.compile(r"options\.[0-9]+\.picture")


@staff_required("editor")
async def show_part(request: Request) -> Response:
    """The form of one part: ``om`` for title and introduction, else a page or a question."""
    async with runtime(request).transaction() as session:
        draft, asked = or_404(await written(session, request.path_params["id"])), await asked_before(session)
    try:
        return _part(request, draft, draft.content, request.path_params["part"], asked)
    except NoSuchPart:
        return problem(request, 404)


@staff_required("editor")
async def save_part(request: Request) -> Response:
    """Store the form as a new version; to the outline, or back to the form for more rows of a list."""
    has_files = request.headers.get("content-type", "").startswith("multipart/")
    form = await read_form(request, _MOST_WITH_PICTURES if has_files else 0)
    rt, part = runtime(request), request.path_params["part"]
    pictures, refused = await _pictures_in(form)
    here = f"{EDITOR}/{request.path_params['id']}"
    async with rt.transaction() as session:
        held = or_404(await written(session, request.path_params["id"], hold=True))
        asked = await asked_before(session)
        try:
            content = _filled(held.content, part, form, pictures)
            at = _at_rows(held.content, part, form, pictures)
            errors = {f"{at[field.removesuffix('.picture')]}.picture": sentence for field, sentence in refused.items()}
            # What says the same as is stored, the second click of two among it, takes nothing from anybody.
            if content != held.content and await _is_overtaken(session, held, form.get("base"), part):
                theirs = held.content
                return _part(
                    request, held, content, part, asked, held.version.saved_by, theirs=theirs, errors=errors, status=409
                )
        except NoSuchPart:
            texts = [text for name, text in form.pairs() if text and name.endswith((".nb", ".nn", ".en"))]
            return outline_page(request, held, asked, other=held.version.saved_by, typed=texts, status=409)
        if wrong := not_read(held.content, part, _sent(form)):
            return _part(request, held, content, part, asked, errors=errors | wrong, typed=form.values(), status=422)
        more = set(domain.languages_of(content)) - set(domain.languages_of(held.content))
        await save(session, held, content, request.state.staff.name, rt.now())
        if errors:
            # All else is stored: a file that was chosen cannot be put back into a form.
            errors = {field: f"{sentence} Alt annet er lagret." for field, sentence in errors.items()}
            return _part(request, held, content, part, asked, errors=errors, status=422)
    if more:
        return see_other(f"{here}/om")
    direction, row = moved(form.get("do") or "")
    if row in at:
        return see_other(f"{here}/{part}#{at[row]}.{direction}")
    return see_other(f"{here}/{part}#more" if form.get("do") == "more" else f"{here}#{part}")


async def _pictures_in(form: Form) -> tuple[Pictures, dict[str, str]]:
    """The form's pictures, and what is said of those that are not taken; each by its field."""
    files = {name: await file.read() for name, file in form.files.items() if file.filename}
    files |= {
        field: carried(text)
        for name, text in form.pairs()
        if name.endswith(".carried") and text and (field := f"{name.removesuffix('carried')}picture") not in files
    }
    pictures: dict[str, Mapping[str, str]] = {}
    refused = {}
    for field, data in files.items():
        if not _PICTURE_FIELD.fullmatch(field):
            continue
        try:
            pictures[field] = await asyncio.to_thread(as_picture, data)
        except NotTaken as sentence:
            pictures[field], refused[field] = {}, str(sentence)
    return pictures, refused


def _at_rows(content: Content, part: str, form: Form, pictures: Pictures) -> dict[str, str]:
    """Where each row of the form's lists has come to: ``options.3`` -> ``options.2``."""
    question = next((question for question in domain.questions(content) if question["id"] == part), {})
    languages = domain.languages_of(content)
    return {
        f"{name}.{number}": f"{name}.{place}"
        for name in ROWS
        if name in question
        for place, number in enumerate(order_sent(question, name, _sent(form), languages, pictures))
    }


async def _is_overtaken(session: AsyncSession, draft: Written, base: str | None, part: str) -> bool:
    """Somebody has changed this very part since the form was made."""
    if base == str(draft.row.current):
        return False
    before = await version_of(session, draft.row.id, number_of(base))
    return before is None or _part_of(before.content, part) != _part_of(draft.content, part)


def _part_of(content: Content, part: str) -> object:
    """What a form of the part changes."""
    if part == "om":
        return {key: value for key, value in content.items() if key not in ("pages", "version")}
    if part in [page["id"] for page in content["pages"]]:
        return {**domain.page_of(content, part), "questions": []}
    return domain.question_of(content, part)


def _sent(form: Form) -> Sent:
    return lambda name: form.get(name) or ""


def _filled(content: Content, part: str, form: Form, pictures: Pictures) -> Content:
    sent = _sent(form)
    if part == "om":
        languages = [code for code in ("nb", "nn", "en") if code == "nb" or sent(f"language.{code}") == "yes"]
        return with_cover(content, sent, languages)
    if part in [page["id"] for page in content["pages"]]:
        return with_page(content, part, sent)
    return with_question(content, part, sent, slug, pictures)


def _part(
    request: Request,
    draft: Written,
    content: Content,
    part: str,
    bank: Bank,
    other: str = "",
    theirs: Content | None = None,
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, object] | None = None,
    status: int = 200,
) -> Response:
    if part == "om":
        template, context = "cover", cover_form(content)
    elif part in [page["id"] for page in content["pages"]]:
        template, context = "page", page_form(content, part, typed or {})
    else:
        template, context = "question", question_form(content, part, typed or {})
        context["before"] = bank.get(identity_of(content["id"], domain.question_of(content, part)))
    context |= {
        "id": draft.row.id,
        "base": draft.row.current,
        "part": part,
        "other": other,
        "theirs": _part_of(theirs, part) if theirs else None,
        "errors": errors or {},
        "typed": typed or {},
        "problems": [finding for finding in findings(content, bank) if finding.part == ("" if part == "om" else part)],
    }
    return render(request, f"surveys/editor_{template}.html", context, status)
