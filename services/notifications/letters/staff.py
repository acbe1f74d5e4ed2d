"""The preview of a mail for staff, made by the same letters as the mail itself."""

import re
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, ValidationError, model_validator

from services.notifications.letters.composing import WITH_DEADLINE, Composer
from services.notifications.letters.mail import Mail
from services.notifications.tables import Contact, Correspondent, Meeting, Message, Survey
from shared.events.questionnaire import Cover, Texts
from shared.web import Request, Response, problem, render, runtime
from shared.web.forms import read_form
from shared.web.staff import staff_required

#: Somebody who does not exist: the links made for it open nothing, and are cut before they are shown.
_NOBODY = UUID(int=0)
_TOKEN = re.compile(r"(/surveys/answer/|/meetings/answer/|/mail/unsubscribe/\w+/)\S+")


class PreviewInput(BaseModel):
    """The texts of a survey, a meeting or a suggestion, as its mails use them in one language."""

    purpose: Literal[
        "survey",
        "first_reminder",
        "reminder",
        "results",
        "survey_follow_up",
        "meeting_call",
        "meeting",
        "meeting_volunteer",
        "meeting_list",
        "meeting_list_volunteer",
        "meeting_changed",
        "meeting_cancelled",
        "meeting_minutes",
        "meeting_follow_up",
        "suggestion_status",
        "suggestion_answer",
        "on_behalf",
        "welcome",
    ]
    language: Literal["nb", "nn", "en"] = "nb"
    title: Annotated[str, Field(max_length=1_000)]
    topic: Annotated[str, Field(max_length=1_000)] = ""
    introduction: Annotated[str, Field(max_length=1_000)] = ""
    """A meeting's purpose."""
    minutes: Annotated[int, Field(ge=1, le=60)] = 1
    place: Annotated[str, Field(max_length=1_000)] = ""
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    done: Annotated[str, Field(max_length=1_000)] = ""
    """What a follow-up tells."""
    closes_at: AwareDatetime | None = None
    """Answers are taken until then."""
    text: Annotated[str, Field(max_length=4_000)] = ""
    """The answer to a suggestion; what was changed on somebody's behalf."""
    status: Annotated[str, Field(max_length=20)] = ""
    slug: Annotated[str, Field(max_length=80)] = ""
    """The suggestion's public page, where it has one."""

    @property
    def about_meeting(self) -> bool:
        """Whether the mail tells of a meeting; of a survey otherwise."""
        return self.purpose.startswith("meeting")

    @property
    def about_suggestion(self) -> bool:
        """Whether the mail answers somebody who raised a matter; they need not be a member."""
        return self.purpose.startswith("suggestion")

    @property
    def about_member(self) -> bool:
        """Whether the mail tells a member of what staff have done: changed something, or taken them in."""
        return self.purpose in ("on_behalf", "welcome")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not self.title and not (self.about_suggestion or self.about_member):
            raise ValueError("a survey or meeting has a title")
        dated = self.about_meeting and self.purpose != "meeting_follow_up"
        if dated and (self.starts_at is None or self.ends_at is None):
            raise ValueError("a meeting starts and ends")
        if self.purpose in ("survey", "first_reminder", "reminder", *WITH_DEADLINE) and self.closes_at is None:
            raise ValueError("there is a last day to answer")
        return self


@staff_required("reader")
async def preview_mail(request: Request) -> Response:
    """Subject and text of the mail; a part of another service's page, or a page of its own when opened by itself.

    What a resident wrote and what they are answered is posted, so that it stands in no address.
    """
    fields = (await read_form(request)).values() if request.method == "POST" else dict(request.query_params)
    try:
        values = PreviewInput.model_validate(fields)
    except ValidationError:
        return problem(request, 422)
    mail = message_from_bytes(Composer(runtime(request)).write(_mail(values, runtime(request).now())), policy=default)
    body = mail.get_body(("plain",))
    assert body is not None
    text = _TOKEN.sub(r"\1…", body.get_content())
    alone = request.headers.get("sec-fetch-dest") == "document"
    template = "staff_preview_page.html" if alone else "staff_preview.html"
    context = {
        "subject": mail["Subject"],
        "text": text,
        "code": values.language,
        "to_member": not values.about_suggestion,
    }
    return render(request, f"notifications/{template}", context)


def _mail(values: PreviewInput, now: datetime) -> Mail:
    """A mail to nobody, as ``claiming.claim`` gives one."""
    email, suggestion = "kari@example.org", values.about_suggestion
    content: dict[str, str] | None = None
    if suggestion:
        content = {"heading": values.title, "text": values.text, "status": values.status, "slug": values.slug}
    elif values.purpose == "on_behalf":
        content = {"changes": values.text, "how": values.status}
    message = Message(
        id=_NOBODY,
        purpose=values.purpose,
        subject_id=_NOBODY,
        member_id=_NOBODY,
        generation=1,
        link_expires_at=values.closes_at,
        send_before=values.closes_at or now,
        content=content,
    )
    return Mail(
        message,
        None if suggestion else Contact(name="Kari Eksempel", language=values.language, email=email),
        Correspondent(language=values.language, email=email, since=now) if suggestion else None,
        None if suggestion or values.about_meeting or values.about_member else _survey(values),
        _meeting(values) if values.about_meeting else None,
    )


def _survey(values: PreviewInput) -> Survey:
    cover = Cover(
        title=Texts(nb=values.title),
        topic=Texts(nb=values.topic) if values.topic else None,
        introduction=Texts(nb=values.introduction or "…"),
        minutes=values.minutes,
    )
    return Survey(questionnaire=cover, closes_at=values.closes_at, slug="…", done={values.language: values.done})


def _meeting(values: PreviewInput) -> Meeting:
    return Meeting(
        slug="…",
        heading=values.title,
        purpose=values.introduction,
        place=values.place,
        starts_at=values.starts_at,
        ends_at=values.ends_at,
        done={values.language: values.done},
    )
