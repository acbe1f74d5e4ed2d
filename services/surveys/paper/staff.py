"""Staff print a survey for a member who asks for paper, and key in what comes back."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.answering.domain import fill_page, only_shown
from services.surveys.answering.reading import NotAnAnswer
from services.surveys.answering.showing import FormQuestion, standing
from services.surveys.answering.store import Refusal, hold, submit
from services.surveys.fieldwork.curve import survey_title
from services.surveys.paper.domain import all_optional, code_of, ending_of
from services.surveys.paper.printing import as_pdf
from services.surveys.paper.store import open_to, with_ending
from services.surveys.paper.wording import numbers_of, only_for
from services.surveys.sealing import keys_of
from services.surveys.tables import Invitation, Survey
from shared.events.questionnaire import Page
from shared.rules import last_day
from shared.web import Request, Response, attached, or_404, problem, render, runtime, see_other
from shared.web.forms import as_id, read_form
from shared.web.staff import audit, staff_required

_BASE = "/staff/surveys/paper"


@staff_required("editor")
async def show_papers(request: Request) -> Response:
    """What a member may answer on paper; or the form that takes a paper's code."""
    member_id, code = as_id(request.query_params.get("member")), request.query_params.get("code")
    if code and ending_of(code):
        return see_other(f"{_BASE}/{code.strip().lower().replace(' ', '')}")
    papers = []
    if member_id:
        async with runtime(request).transaction() as session:
            papers = [(code_of(invitation.id), survey_title(survey), last_day(survey.closes_at),
                       survey.questionnaire.languages)
                     for invitation, survey in await open_to(session, member_id)]  # fmt: skip
            await audit(session, request, "surveys.paper.looked_up", member_id)
    context = {
        "member": member_id,
        "found": papers,
        "code": code or "",
        "errors": {"code": "Koden har ti tegn, for eksempel ab12c-d34ef."} if code else {},
    }
    return render(request, "surveys/staff_papers.html", context, 422 if code else 200)


@staff_required("editor")
async def print_paper(request: Request) -> Response:
    """The PDF with its code, in the language asked for."""
    rt = runtime(request)
    async with rt.transaction() as session:
        paper = await _found(request, session)
        if paper is None or paper[1].state != "open" or paper[0].answered_at is not None:
            return problem(request, 404)
        invitation, survey = paper
        await audit(session, request, "surveys.paper.printed", survey.id)
    texts = or_404(request.app.state.renderer.languages.get(request.query_params.get("language", "nb")))
    code = code_of(invitation.id)
    until = texts.date(last_day(survey.closes_at))
    body = as_pdf(survey.questionnaire, texts, code, until, rt.profile.name)
    name = f"{survey.questionnaire_id}-{code}.pdf"
    return Response(body, media_type="application/pdf", headers=attached(name))


@staff_required("editor")
async def key_in(request: Request) -> Response:
    """Every question in one form, as it stands on the paper; posted, sealed as any other answer."""
    rt = runtime(request)
    form = await read_form(request) if request.method == "POST" else None
    async with rt.transaction() as session:
        invitation, survey = or_404(await _found(request, session))
        if form is None:
            return _form(request, invitation, survey, {}, {})
        opening = await hold(session, keys_of(rt.settings), invitation.id, invitation.generation, rt.now())
        # Staff key in an answer once; only its person may see and change it.
        if isinstance(opening, Refusal) or opening.response_id is not None:
            return _form(request, invitation, survey, {}, {})
        answers: dict[str, Any] = {}
        typed: dict[str, list[str]] = {}
        refused: dict[str, NotAnAnswer] = {}
        pages = tuple(all_optional(page) for page in opening.questionnaire.pages)
        asked = opening.questionnaire.model_copy(update={"pages": pages})
        for number, page in enumerate(asked.pages, start=1):
            fields = {field: form.all(field) for question in page.known for field in question.fields}
            shown = [question.id for question in page.known]
            filling = fill_page(asked, number, fields, shown, form.refused, answers)
            answers, typed, refused = filling.answers, typed | filling.typed, refused | filling.refusals
        empty = not only_shown(asked, answers)
        if refused or empty:
            return _form(request, invitation, survey, answers, typed, refused, empty=empty and not refused)
        await submit(session, opening, answers, rt.now())
        invitation.mode = "paper"
        await audit(session, request, "surveys.paper.keyed_in", survey.id)
    return render(request, "surveys/staff_paper_done.html", {"title": survey_title(survey)})


async def _found(request: Request, session: AsyncSession) -> tuple[Invitation, Survey] | None:
    ending = ending_of(request.path_params["code"])
    return await with_ending(session, ending) if ending else None


def _form(
    request: Request,
    invitation: Invitation,
    survey: Survey,
    answers: dict[str, Any],
    typed: dict[str, list[str]],
    refusals: dict[str, NotAnAnswer] | None = None,
    *,
    empty: bool = False,
) -> Response:
    questionnaire, refusals = survey.questionnaire, refusals or {}
    texts = request.app.state.renderer.languages["nb"]
    numbers = numbers_of(questionnaire)

    def fields(page: Page) -> list[FormQuestion]:
        return [
            FormQuestion(question, texts, 0, {}, standing(question, answers, typed, texts.code), refusals)
            for question in all_optional(page).known
        ]

    pages = [(page, fields(page)) for page in questionnaire.pages]
    errors = {name: text for _, questions in pages for field in questions for name, text in field.errors.items()}
    context = {
        "title": survey_title(survey),
        "code": code_of(invitation.id),
        "open": survey.state == "open" and invitation.answered_at is None,
        "pages": pages,
        "numbers": numbers,
        "only": {part.id: only_for(questionnaire, part.show_if, numbers, texts) for part in questionnaire.parts},
        "page_only": {page.id: only_for(questionnaire, page.show_if, numbers, texts) for page in questionnaire.pages},
        "errors": errors | ({"": "Ingen svar er ført inn."} if empty else {}),
    }
    return render(request, "surveys/staff_paper.html", context, 422 if context["errors"] else 200)
