"""The editor: questionnaires, one of them as an outline, a form for each part. Each step is a form post.

A form carries the version it was made from. If somebody has changed the same part since, nothing is stored: the person
gets what they typed back beside what the other wrote. Changes to other parts go together.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.editing import domain
from services.surveys.editing.bank import asked_before
from services.surveys.editing.checking import findings, minutes_needed
from services.surveys.editing.domain import Content, NoSuchPart, Part
from services.surveys.editing.filling import not_read, with_cover, with_page, with_question
from services.surveys.editing.naming import KIND_NAMES
from services.surveys.editing.saving import (
    Written,
    all_written,
    begin,
    ids_in_use,
    new_id_of,
    new_mark,
    save,
    undo,
    version_of,
    written,
)
from services.surveys.editing.showing import cover_form, outline, page_form, question_form
from services.surveys.questionnaire.shelf import shelf
from shared.events.questionnaire import identity_of
from shared.slugs import slug
from shared.web import Request, Response, or_404, problem, render, runtime, see_other
from shared.web.forms import Form, read_form
from shared.web.staff import audit, staff_required

Bank = Mapping[str, Part]

_BASE = "/staff/surveys/editor"
#: Stands before the identity of a question that was asked before, in the list of kinds.
_FROM_BANK = "bank:"


@staff_required("reader")
async def show_questionnaires(request: Request) -> Response:
    """Every questionnaire staff have begun, and templates to begin from."""
    rt = runtime(request)
    ready = list(shelf(rt.settings).values())
    async with rt.transaction() as session:
        rows, in_use = await all_written(session), await ids_in_use(session)
    context = {
        "rows": [(row, row.content["title"].get("nb") or "Uten tittel", in_use.get(row.row.id)) for row in rows],
        "templates": ready,
        "template_choices": [(template.id, f"Malen «{template.title.nb}»") for template in ready],
        "earlier_choices": [(row.row.id, f"Kopi av «{row.content['title'].get('nb')}»") for row in rows],
        "may_edit": request.state.staff.may("editor"),
        "mark": new_mark(),
        "errors": {},
    }
    return render(request, "surveys/editor_list.html", context)


@staff_required("editor")
async def begin_questionnaire(request: Request) -> Response:
    """A new questionnaire: blank, or with the pages of a template or an earlier one."""
    form, rt = await read_form(request), runtime(request)
    source, title = form.get("source") or "", (form.get("title") or "").strip()
    async with rt.transaction() as session:
        earlier = await written(session, source) if source else None
        id_ = new_id_of(title, form.get("mark"))
        if source in (templates := shelf(rt.settings)):
            content = domain.copied(templates[source].content(), id_)
        elif earlier is not None:
            content = domain.copied(earlier.content, id_)
        elif source:
            return problem(request, 404)
        else:
            content = domain.blank(id_, title or "Ny undersøkelse")
        if title and title != content["title"].get("nb"):
            # A title of its own: what the source is called in other languages is not its translation.
            content["title"] = {code: title if code == "nb" else "" for code in domain.languages_of(content)}
        if await begin(session, content, request.state.staff.name, rt.now()):
            await audit(session, request, "surveys.questionnaire.begun", id_, source=source or "blank")
    return see_other(f"{_BASE}/{id_}")


@staff_required("reader")
async def show_outline(request: Request) -> Response:
    """The questionnaire page by page, with all that can be done to it and what is still missing."""
    async with runtime(request).transaction() as session:
        draft, asked = or_404(await written(session, request.path_params["id"])), await asked_before(session)
    return _outline(request, draft, asked)


@staff_required("editor")
async def change_outline(request: Request) -> Response:
    """Add, move, copy, delete, undo, mark as ready, retire: one step, then the outline again."""
    form, rt = await read_form(request), runtime(request)
    action, _, target = (form.get("do") or "").partition(":")
    here, at = f"{_BASE}/{request.path_params['id']}", ""
    async with rt.transaction() as session:
        held = or_404(await written(session, request.path_params["id"], hold=True))
        asked = await asked_before(session)
        by, now = request.state.staff.name, rt.now()
        if (place := await _done_before(session, held, form, by, asked)) is not None:
            at = place
        elif form.get("base") != str(held.row.current) and action not in ("add-page", "add"):
            return _outline(request, held, asked, other=held.version.saved_by, status=409)
        elif action == "undo":
            undo(held)
        elif action == "ready":
            if any(finding.stops for finding in findings(held.content)):
                return _outline(request, held, asked, refused=True, status=422)
            held.row.ready = held.row.current
            await audit(session, request, "surveys.questionnaire.ready", held.row.id, version=held.row.current)
        elif action in ("retire", "bring-back"):
            held.row.retired_at = now if action == "retire" else None
            deed = "surveys.questionnaire.retired" if action == "retire" else "surveys.questionnaire.brought_back"
            await audit(session, request, deed, held.row.id)
        else:
            try:
                content, at = _changed(held.content, action, target, form, asked)
            except (NoSuchPart, KeyError):
                return _outline(request, held, asked, other=held.version.saved_by, status=409)
            await save(session, held, content, by, now)
    if action == "add":
        return see_other(f"{here}/{at}#text.nb")
    return see_other(here + (f"#{at}" if at else ""))


async def _done_before(session: AsyncSession, held: Written, form: Form, by: str, asked: Bank) -> str | None:
    """The part this step led to when the same person has just taken it from the same page: the second click of two."""
    before = await version_of(session, held.row.id, _number(form.get("base")))
    if before is None or before.version == held.row.current:
        return None
    action, _, target = (form.get("do") or "").partition(":")
    if action == "undo":
        return "" if before.based_on == held.row.current else None
    if held.version.based_on != before.version or held.version.saved_by != by:
        return None
    try:
        content, at = _changed(dict(before.content), action, target, form, asked)
    except (NoSuchPart, KeyError):
        return None
    return at if {**content, "version": held.row.current} == held.content else None


def _changed(content: Content, action: str, target: str, form: Form, asked: Bank) -> tuple[Content, str]:
    """The content after the step, and the part to go to."""
    match action:
        case "add-page":
            new = domain.add_page(content)
            return new, new["pages"][-1]["id"]
        case "add":
            kind = form.get(f"kind-{target}") or ""
            identity = kind.removeprefix(_FROM_BANK)
            if kind != identity:
                return domain.add_asked(content, target, identity, asked[identity])
            return domain.add_question(content, target, kind)
        case "copy":
            return domain.copy_question(content, target), target
        case "delete":
            return domain.delete(content, target), ""
        case "up" | "down":
            return domain.move(content, target, -1 if action == "up" else 1), target
        case _:
            raise KeyError(action)


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
    form, rt, part = await read_form(request), runtime(request), request.path_params["part"]
    here = f"{_BASE}/{request.path_params['id']}"
    async with rt.transaction() as session:
        held = or_404(await written(session, request.path_params["id"], hold=True))
        asked = await asked_before(session)
        try:
            content = _filled(held.content, part, form)
            # What says the same as is stored, the second click of two among it, takes nothing from anybody.
            if content != held.content and await _is_overtaken(session, held, form.get("base"), part):
                return _part(
                    request, held, content, part, asked, other=held.version.saved_by, theirs=held.content, status=409
                )
        except NoSuchPart:
            texts = [text for name, text in form.pairs() if text and name.endswith((".nb", ".nn", ".en"))]
            return _outline(request, held, asked, other=held.version.saved_by, typed=texts, status=409)
        if wrong := not_read(held.content, part, lambda name: form.get(name) or ""):
            return _part(request, held, content, part, asked, errors=wrong, typed=form.values(), status=422)
        more = set(domain.languages_of(content)) - set(domain.languages_of(held.content))
        await save(session, held, content, request.state.staff.name, rt.now())
    if more:
        return see_other(f"{here}/om")
    return see_other(f"{here}/{part}#more" if form.get("do") == "more" else f"{here}#{part}")


async def _is_overtaken(session: AsyncSession, held: Written, base: str | None, part: str) -> bool:
    """Somebody has changed this very part since the form was made."""
    if base == str(held.row.current):
        return False
    before = await version_of(session, held.row.id, _number(base))
    return before is None or _part_of(before.content, part) != _part_of(held.content, part)


def _number(base: str | None) -> int:
    return int(base) if base and base.isdecimal() and len(base) < 9 else 0


def _part_of(content: Content, part: str) -> object:
    """What a form of the part changes."""
    if part == "om":
        return {key: value for key, value in content.items() if key not in ("pages", "version")}
    if part in [page["id"] for page in content["pages"]]:
        return {**domain.page_of(content, part), "questions": []}
    return domain.question_of(content, part)


def _filled(content: Content, part: str, form: Form) -> Content:
    def sent(name: str) -> str:
        return form.get(name) or ""

    if part == "om":
        languages = [code for code in ("nb", "nn", "en") if code == "nb" or sent(f"language.{code}") == "yes"]
        return with_cover(content, sent, languages)
    if part in [page["id"] for page in content["pages"]]:
        return with_page(content, part, sent)
    return with_question(content, part, sent, slug)


def _part(
    request: Request,
    draft: Written,
    content: Content,
    part: str,
    asked: Bank,
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
        context["before"] = asked.get(identity_of(content["id"], domain.question_of(content, part)))
    context |= {
        "id": draft.row.id,
        "base": draft.row.current,
        "part": part,
        "other": other,
        "theirs": _part_of(theirs, part) if theirs else None,
        "errors": errors or {},
        "typed": typed or {},
        "problems": [finding for finding in findings(content, asked) if finding.part == ("" if part == "om" else part)],
    }
    return render(request, f"surveys/editor_{template}.html", context, status)


def _outline(
    request: Request,
    draft: Written,
    asked: Bank,
    other: str = "",
    typed: Sequence[str] = (),
    refused: bool = False,
    status: int = 200,
) -> Response:
    content = draft.content
    context = {
        "found": draft,
        "content": content,
        "pages": outline(content),
        "findings": findings(content, asked),
        "minutes": minutes_needed(content),
        "kinds": list(KIND_NAMES.items()),
        "bank": [(_FROM_BANK + identity, question["text"]["nb"]) for identity, question in asked.items()],
        "may_edit": request.state.staff.may("editor"),
        "other": other,
        "typed": typed,
        "refused": refused,
        "errors": {},
    }
    return render(request, "surveys/editor_outline.html", context, status)
