"""Pages of answering. The link opens a cookie, the pages carry the invitation's id, only POST changes anything."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.answering.domain import fill_page, first_unfinished, only_shown, page_beside, unfinished_on
from services.surveys.answering.reading import NotAnAnswer, Sent
from services.surveys.answering.showing import drawn_by, page_form
from services.surveys.answering.store import Opened, Refusal, hold, keep, look, submit
from services.surveys.audience.domain import leaves_minors_out
from services.surveys.editing.checking import special_words
from services.surveys.sealing import keys_of
from services.surveys.tables import Survey
from services.surveys.watching.counting import note_finished, note_sent, note_shown
from shared.rules import last_day
from shared.tokens import BadLink, LinkExpired
from shared.web import Request, render, runtime, see_other, translate
from shared.web import Response as HttpResponse
from shared.web.forms import Form, as_id, read_form
from shared.web.links import check_link, held_generation, hold_link

_COOKIE = "survey"
_COOKIE_LIFE = 14 * 24 * 3600
_BASE = "/surveys/answer"


async def open_invitation(request: Request) -> HttpResponse:
    """Exchange the mail's token for a cookie; the survey, which may be extended, decides whether it opens anything."""
    rt = runtime(request)
    try:
        link = check_link(request, "survey")
    except LinkExpired as expired:
        link = expired.link
    except BadLink:
        return _over(request, Refusal.UNKNOWN)
    # A person who opens the link again goes on: time is counted from the first opening in this browser.
    before = rt.sealed.get(request, _COOKIE, link.id) or {}
    began = before.get("began", rt.now().timestamp())
    return hold_link(request, _BASE, _COOKIE, link.id, _COOKIE_LIFE, generation=link.generation, began=began)


async def show_start(request: Request) -> HttpResponse:
    """Topic, who asks, how long it takes, until when, how answers are kept."""
    async with runtime(request).transaction() as session:
        opening = await _look(request, session)
        if isinstance(opening, Refusal):
            return _over(request, opening)
        asked_of = sa.select(Survey.audience).where(Survey.id == opening.survey.id)
        audience = (await session.execute(asked_of)).scalar_one()
    questionnaire, lang = opening.questionnaire, request.state.lang
    context = {
        "id": opening.invitation.id,
        "title": questionnaire.title.to(lang),
        "introduction": questionnaire.introduction.to(lang),
        "minutes": questionnaire.minutes,
        "questions": questionnaire.asked_of_all,
        "more": questionnaire.asked_of_some,
        "last_day": last_day(opening.survey.closes_at),
        "page": min(opening.page or 1, len(questionnaire.pages)),
        "begun": opening.page is not None,
        "sent": opening.response_id is not None,
        "only_adults": leaves_minors_out(audience) and special_words(questionnaire.content()),
    }
    return render(request, "surveys/start.html", context)


async def show_page(request: Request) -> HttpResponse:
    """One theme, with what was answered before; ``check`` says what is wrong, ``more`` what has come up.

    ``unseen`` are questions that came up together with a fault elsewhere: nobody has left them out yet.
    """
    async with runtime(request).transaction() as session:
        opening = await _look(request, session)
    if isinstance(opening, Refusal):
        return _over(request, opening)
    number, refused, drawn = _number(request, opening), {}, None
    if "check" not in request.query_params:
        # Shown again to say what is wrong, a page counts no second time.
        note_shown(opening.survey.id, opening.invitation.id, number)
    else:
        answers = only_shown(opening.questionnaire, opening.answers)
        unseen = request.query_params.get("unseen", "").split()
        refused = unfinished_on(opening.questionnaire.pages[number - 1], answers, opening.typed, unseen)
        drawn = drawn_by(request.query_params.get("order"))
    return _page(request, opening, number, opening.answers, opening.typed, refused, drawn)


async def save_page(request: Request) -> HttpResponse:
    """Store what was sent; "next" goes on only when it is right, "back" always goes back."""
    rt = runtime(request)
    form = await read_form(request)
    link = held_generation(request, _COOKIE, form.get("id"))
    if link is None:
        return _over(request, Refusal.UNKNOWN, form)
    async with rt.database.direct() as session:
        opening = await hold(session, keys_of(rt.settings), *link, rt.now())
        if isinstance(opening, Refusal):
            return _over(request, opening, form)
        if opening.response_id is not None and form.get("change") is None:
            # A form older than the answer that was sent in, perhaps on another device, must not undo it unasked.
            return _over(request, Refusal.ANSWERED, form, opening.invitation.id)
        questionnaire, number = opening.questionnaire, _number(request, opening)
        page = questionnaire.pages[number - 1]
        fields = {field: form.all(field) for question in page.known for field in question.fields}
        shown = (form.get("shown") or "").split()
        filling = fill_page(questionnaire, number, fields, shown, form.refused, opening.answers, opening.typed)
        typed = {field: values for field, values in opening.typed.items() if field not in fields} | filling.typed
        back = form.get("action") == "back"
        if not back:
            took = _seconds(form.get("since"), rt.now())
            note_sent(opening.survey.id, opening.invitation.id, number, took, faulty=bool(filling.refusals))
        on = page_beside(questionnaire, filling.answers, number, -1 if back else 1)
        stays = not back and bool(filling.refusals or filling.brought_up)
        missing = first_unfinished(questionnaire, filling.answers, typed) if on is None and not back else None
        if on is None and missing is None and not back and not stays:
            await submit(session, opening, filling.answers, rt.now())
            cookie = rt.sealed.get(request, _COOKIE, opening.invitation.id) or {}
            if "began" in cookie and opening.response_id is None:
                note_finished(opening.survey.id, opening.invitation.id, rt.now().timestamp() - cookie["began"])
            return see_other(f"/surveys/thanks?survey={opening.survey.id}")
        await keep(session, opening, filling.answers, typed, number if stays or on is None else on)
        here = f"?id={opening.invitation.id}"
        if back:
            return see_other(f"{_BASE}/{on or number}{here}")
        if filling.refusals:
            # To an address of its own: Back and reload send nothing again. The order of choices stays as it was.
            again = {"check": "1", "order": drawn_by(form.get("order")), "unseen": " ".join(filling.brought_up)}
            query = urlencode({name: text for name, text in again.items() if text})
            return see_other(f"{_BASE}/{number}{here}&{query}")
        if filling.brought_up:
            return see_other(f"{_BASE}/{number}{here}&more={filling.brought_up[0]}#{filling.brought_up[0]}")
        if on is not None:
            return see_other(f"{_BASE}/{on}{here}")
    return see_other(f"{_BASE}/{missing}{here}&check=1")


async def show_thanks(request: Request) -> HttpResponse:
    """Thanks, and when results come."""
    survey_id = as_id(request.query_params.get("survey"))
    async with runtime(request).transaction() as session:
        survey = await session.get(Survey, survey_id) if survey_id else None
    is_open = survey is not None and survey.state == "open"
    return render(
        request, "surveys/thanks.html", {"last_day": last_day(survey.closes_at) if survey and is_open else None}
    )


async def _look(request: Request, session: AsyncSession) -> Opened | Refusal:
    link = held_generation(request, _COOKIE, request.query_params.get("id"))
    rt = runtime(request)
    return await look(session, keys_of(rt.settings), *link, rt.now()) if link else Refusal.UNKNOWN


def _over(request: Request, refusal: Refusal, form: Form | None = None, may_change: UUID | None = None) -> HttpResponse:
    """The reason and what to do; text from a form that cannot be taken is shown for copying.

    ``may_change``: the invitation whose answer can still be changed.
    """
    names = (form.get("texts") or "").split() if form else []
    texts = [text for name in names if form and (text := form.get(name))]
    context = {"refusal": refusal, "written": texts, "may_change": may_change}
    status = 409 if refusal in (Refusal.EARLY, Refusal.PAUSED) else 410  # not for good
    return render(request, "surveys/over.html", context, status)


def _number(request: Request, opening: Opened) -> int:
    wish: int = request.path_params["number"]
    return min(max(wish, 1), len(opening.questionnaire.pages))


def _page(
    request: Request,
    opening: Opened,
    number: int,
    answers: Mapping[str, object],
    typed: Sent,
    refusals: Mapping[str, NotAnAnswer],
    order: int | None,
) -> HttpResponse:
    """``order``: the seed of the order of choices when the form was sent; a page that is opened draws a new one."""
    order = secrets.randbelow(2**31) if order is None else order
    more = request.query_params.get("more", "")
    form = page_form(opening.questionnaire, translate(request), number, answers, typed, refusals, more, order)
    since = int(runtime(request).now().timestamp())
    context = {"id": opening.invitation.id, "since": since, "sent": opening.response_id is not None}
    return render(request, "surveys/page.html", context | form)


def _seconds(since: str | None, now: datetime) -> float | None:
    """How long the page was looked at, by what its form sends back; None for what is no time."""
    return now.timestamp() - int(since) if since and since.isascii() and since.isdigit() and len(since) <= 12 else None
