"""A questionnaire tried page by page, in each language and as narrow as a phone.

What has been answered travels in the page itself, sealed: no table, log or topic sees it.
"""

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.answering.domain import fill_page, first_unfinished, only_shown, page_beside, unfinished_on
from services.surveys.answering.reading import NotAnAnswer, Sent
from services.surveys.answering.showing import drawn_by, page_form
from services.surveys.domain import with_areas
from services.surveys.editing.checking import special_words
from services.surveys.editing.saving import questionnaire_to_show
from services.surveys.planning.planning import named_areas
from services.surveys.questionnaire.shelf import shelf
from shared.events.questionnaire import LANGUAGES, Questionnaire
from shared.web import Request, Response, or_404, render, runtime
from shared.web.forms import read_form
from shared.web.staff import staff_required

_STATE = "try-questionnaire"
_STATE_LIFE = 24 * 3600
#: Stand in for the municipality's areas until staff have named some.
_AREAS = [("omraade_1", "Område 1"), ("omraade_2", "Område 2")]


@staff_required("reader")
async def show_start(request: Request) -> Response:
    """The page a mail's link opens."""
    async with runtime(request).transaction() as session:
        asked = or_404(await _asked(request, session))
    lang = request.state.lang
    context = {
        "title": asked.title.to(lang),
        "introduction": asked.introduction.to(lang),
        "minutes": asked.minutes,
        "questions": asked.asked_of_all,
        "more": asked.asked_of_some,
        "last_day": runtime(request).today(),
        "only_adults": special_words(asked.content()),
    }
    return render(request, "surveys/staff_try_start.html", context | _around(request, asked))


@staff_required("reader")
async def try_page(request: Request) -> Response:
    """A page; posted, it gives the next one as the resident's page would."""
    rt = runtime(request)
    async with rt.transaction() as session:
        asked = or_404(await _asked(request, session))
    number = min(max(request.path_params["number"], 1), len(asked.pages))
    if request.method == "GET":
        return _page(request, asked, number, {}, {})
    form = await read_form(request)
    state = rt.sealed.unseal(_STATE, form.get("state") or "") or {"answers": {}, "typed": {}}
    page = asked.pages[number - 1]
    fields = {field: form.all(field) for question in page.known for field in question.fields}
    shown = (form.get("shown") or "").split()
    filling = fill_page(asked, number, fields, shown, form.refused, state["answers"], state["typed"])
    typed = {field: values for field, values in state["typed"].items() if field not in fields} | filling.typed
    back = form.get("action") == "back"
    if not back and (filling.refusals or filling.brought_up):
        more = filling.brought_up[0] if filling.brought_up and not filling.refusals else ""
        drawn = drawn_by(form.get("order"))
        return _page(request, asked, number, filling.answers, typed, filling.refusals, more, drawn)
    on = page_beside(asked, filling.answers, number, -1 if back else 1)
    if on is not None or back:
        return _page(request, asked, on or number, filling.answers, typed)
    missing = first_unfinished(asked, filling.answers, typed)
    if missing is not None:
        refusals = unfinished_on(asked.pages[missing - 1], only_shown(asked, filling.answers), typed)
        return _page(request, asked, missing, filling.answers, typed, refusals)
    return render(request, "surveys/staff_try_end.html", _around(request, asked))


async def _asked(request: Request, session: AsyncSession) -> Questionnaire | None:
    """The questionnaire, in the language asked for: residents' own words follow it."""
    asked = await questionnaire_to_show(session, request.path_params["questionnaire"], shelf(runtime(request).settings))
    if asked is None:
        return None
    language = request.query_params.get("language", "nb")
    request.state.lang = language if language in asked.languages and language in LANGUAGES else "nb"
    return with_areas(asked, await named_areas(session) or _AREAS)


def _around(request: Request, questionnaire: Questionnaire) -> dict[str, object]:
    """What stands around the resident's page: other languages, the width, the way back."""
    phone = request.query_params.get("width") == "phone"
    here = {"language": request.state.lang} | ({"width": "phone"} if phone else {})
    return {
        "questionnaire": questionnaire.id,
        "phone": phone,
        "query": urlencode(here),
        "other_languages": [
            (code, urlencode(here | {"language": code}))
            for code in questionnaire.languages
            if code != request.state.lang
        ],
        "other_width": urlencode({"language": request.state.lang} | ({} if phone else {"width": "phone"})),
    }


def _page(
    request: Request,
    questionnaire: Questionnaire,
    number: int,
    answers: Mapping[str, Any],
    typed: Sent,
    refusals: Mapping[str, NotAnAnswer] | None = None,
    more: str = "",
    order: int | None = None,
) -> Response:
    state = runtime(request).sealed.seal(_STATE, {"answers": dict(answers), "typed": dict(typed)}, _STATE_LIFE)
    order = secrets.randbelow(2**31) if order is None else order
    texts = request.app.state.renderer.languages[request.state.lang]
    form = page_form(questionnaire, texts, number, answers, typed, refusals or {}, more, order)
    context = form | {"id": questionnaire.id, "state": state} | _around(request, questionnaire)
    return render(request, "surveys/staff_try.html", context, 422 if refusals else 200)
