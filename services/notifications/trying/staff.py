"""The invitation to a survey sent to the member of staff who is making it, before there is any survey.

The address goes nowhere but to this service, and is forgotten the next day.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from services.notifications.kinds import KINDS
from services.notifications.people.correspondents import write_to_addresses
from shared.addresses import BadAddress, counted_as, normal_form
from shared.web import Request, Response, problem, render, runtime, see_other
from shared.web.forms import read_form, validate
from shared.web.limits import Limiter
from shared.web.staff import audit, staff_required

#: The invitation lets so many days pass until the last day to answer; the real ones are chosen when it is sent.
_OPEN_FOR = timedelta(days=14)
_SEND_WITHIN = timedelta(hours=1)
_MESSAGES = {"email": "Skriv e-postadressen din, for eksempel kari@kommunen.no."}


class TrialInput(BaseModel):
    """The texts of a questionnaire's cover in one language, and where the mail shall go."""

    questionnaire: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    language: Literal["nb", "nn", "en"] = "nb"
    title: Annotated[str, Field(min_length=1, max_length=1_000)]
    topic: Annotated[str, Field(max_length=1_000)] = ""
    introduction: Annotated[str, Field(min_length=1, max_length=1_000)]
    minutes: Annotated[int, Field(ge=1, le=60)]
    email: Annotated[str, Field(max_length=254)]


@staff_required("editor")
async def send_trial(request: Request) -> Response:
    """Send the invitation, as residents get it, to the address given; its link opens the questionnaire to be tried."""
    rt, form = runtime(request), await read_form(request)
    values, errors = validate(TrialInput, form, _MESSAGES, str)
    if values is None:
        return _show(request, form.values(), errors) if set(errors) == {"email"} else problem(request, 422)
    try:
        address = normal_form(values.email)
    except BadAddress:
        return _show(request, form.values(), _MESSAGES)
    limiter: Limiter = request.app.state.limiter
    staff = request.state.staff.subject
    async with rt.transaction() as session:
        mine = await limiter.one_more(session, "trial", staff)
        if not (mine and await limiter.one_more(session, "mail_to_one", counted_as(address))):
            return _show(request, form.values(), {"email": "Det er sendt nok prøver den siste timen. Vent litt."}, 429)
        now = rt.now()
        content = {name: str(value) for name, value in values.model_dump(exclude={"email"}).items()}
        content["closes_at"] = (now + _OPEN_FOR).isoformat()
        kind, until = KINDS["survey_trial"], now + _SEND_WITHIN
        await write_to_addresses(session, kind, [address], values.language, content, until, now)
        await audit(session, request, "notifications.trial.sent", values.questionnaire)
    return see_other(f"/staff/surveys/questionnaires/{values.questionnaire}?language={values.language}&saved=trial")


def _show(request: Request, form: Mapping[str, object], errors: Mapping[str, str], status: int = 422) -> Response:
    return render(request, "notifications/staff_trial.html", {"form": form, "errors": errors}, status)
