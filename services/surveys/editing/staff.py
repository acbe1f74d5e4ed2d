"""The editor: questionnaires, and one of them as an outline. Each step is a form post."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.editing import domain
from services.surveys.editing.bank import asked_before
from services.surveys.editing.checking import findings, minutes_needed
from services.surveys.editing.domain import Content, NoSuchPart, Part
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
from services.surveys.editing.showing import outline
from services.surveys.questionnaire.shelf import shelf
from shared.rules import on_one_line
from shared.web import Request, Response, or_404, problem, render, runtime, see_other, translate
from shared.web.forms import Form, read_form
from shared.web.staff import audit, staff_required

Bank = Mapping[str, Part]

EDITOR = "/staff/surveys/editor"
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
        "earlier_choices": [
            (row.row.id, f"Kopi av «{row.content['title'].get('nb')}», {row.changed(translate(request))}")
            for row in rows
        ],
        "may_edit": request.state.staff.may("editor"),
        "mark": new_mark(),
        "errors": {},
    }
    return render(request, "surveys/editor_list.html", context)


@staff_required("editor")
async def begin_questionnaire(request: Request) -> Response:
    """A new questionnaire: blank, or with the pages of a template or an earlier one."""
    form, rt = await read_form(request), runtime(request)
    source, title = form.get("source") or "", on_one_line(form.get("title") or "")
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
    return see_other(f"{EDITOR}/{id_}")


@staff_required("reader")
async def show_outline(request: Request) -> Response:
    """The questionnaire page by page, with all that can be done to it and what is still missing."""
    async with runtime(request).transaction() as session:
        draft, asked = or_404(await written(session, request.path_params["id"])), await asked_before(session)
    return outline_page(request, draft, asked)


@staff_required("editor")
async def change_outline(request: Request) -> Response:
    """Add, move, copy, delete, undo, mark as ready, retire: one step, then the outline again."""
    form, rt = await read_form(request), runtime(request)
    action, _, target = (form.get("do") or "").partition(":")
    here, at = f"{EDITOR}/{request.path_params['id']}", ""
    async with rt.transaction() as session:
        held = or_404(await written(session, request.path_params["id"], hold=True))
        asked = await asked_before(session)
        by, now = request.state.staff.name, rt.now()
        if (place := await _done_before(session, held, form, by, asked)) is not None:
            at = place
        elif form.get("base") != str(held.row.current) and action not in ("add-page", "add"):
            return outline_page(request, held, asked, other=held.version.saved_by, status=409)
        elif action == "undo":
            undo(held)
        elif action == "ready":
            if any(finding.stops for finding in findings(held.content)):
                return outline_page(request, held, asked, refused=True, status=422)
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
                return outline_page(request, held, asked, other=held.version.saved_by, status=409)
            await save(session, held, content, by, now)
    if action == "add":
        return see_other(f"{here}/{at}#text.nb")
    return see_other(here + (f"#{at}" if at else ""))


async def _done_before(session: AsyncSession, draft: Written, form: Form, by: str, bank: Bank) -> str | None:
    """The part this step led to when the same person has just taken it from the same page: the second click of two."""
    before = await version_of(session, draft.row.id, number_of(form.get("base")))
    if before is None or before.version == draft.row.current:
        return None
    action, _, target = (form.get("do") or "").partition(":")
    if action == "undo":
        return "" if before.based_on == draft.row.current else None
    if draft.version.based_on != before.version or draft.version.saved_by != by:
        return None
    try:
        content, at = _changed(dict(before.content), action, target, form, bank)
    except (NoSuchPart, KeyError):
        return None
    return at if {**content, "version": draft.row.current} == draft.content else None


def _changed(content: Content, action: str, target: str, form: Form, bank: Bank) -> tuple[Content, str]:
    """The content after the step, and the part to go to."""
    match action:
        case "add-page":
            new = domain.add_page(content)
            return new, new["pages"][-1]["id"]
        case "add":
            kind = form.get(f"kind-{target}") or ""
            identity = kind.removeprefix(_FROM_BANK)
            if kind != identity:
                return domain.add_asked(content, target, identity, bank[identity])
            return domain.add_question(content, target, kind)
        case "copy":
            return domain.copy_question(content, target), target
        case "delete":
            return domain.delete(content, target), ""
        case "up" | "down":
            return domain.move(content, target, -1 if action == "up" else 1), target
        case _:
            raise KeyError(action)


def number_of(base: str | None) -> int:
    """The version a form was made from; 0, which is none, for anything else."""
    return int(base) if base and base.isdecimal() and len(base) < 9 else 0


def outline_page(
    request: Request,
    draft: Written,
    bank: Bank,
    other: str = "",
    typed: Sequence[str] = (),
    refused: bool = False,
    status: int = 200,
) -> Response:
    """The whole questionnaire, with what stands in the way of the step or form that was sent."""
    content = draft.content
    context = {
        "found": draft,
        "content": content,
        "pages": outline(content),
        "findings": findings(content, bank),
        "minutes": minutes_needed(content),
        "kinds": list(KIND_NAMES.items()),
        "bank": [(_FROM_BANK + identity, question["text"]["nb"]) for identity, question in bank.items()],
        "may_edit": request.state.staff.may("editor"),
        "other": other,
        "typed": typed,
        "refused": refused,
        "errors": {},
    }
    return render(request, "surveys/editor_outline.html", context, status)
