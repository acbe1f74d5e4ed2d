"""What a mail will say, shown to staff before it is sent to anybody; made by the letters that are sent."""

import re
from email import message_from_bytes
from email.policy import default
from types import SimpleNamespace
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, ValidationError, model_validator

from services.notifications.compose import Composer
from shared.web import Request, Response, Route, problem, render, runtime, staff_required

#: Somebody who does not exist: the links made for it open nothing, and are cut before they are shown.
_NOBODY = UUID(int=0)
_TOKEN = re.compile(r"(/surveys/answer/|/meetings/answer/|/mail/unsubscribe/\w+/)\S+")


class PreviewInput(BaseModel):
    """The texts of a survey or meeting, as its mails use them in one language."""

    purpose: Literal[
        "survey",
        "reminder",
        "results",
        "survey_follow_up",
        "meeting",
        "meeting_changed",
        "meeting_cancelled",
        "meeting_minutes",
        "meeting_follow_up",
    ]
    language: Literal["nb", "nn", "en"] = "nb"
    title: Annotated[str, Field(min_length=1, max_length=1_000)]
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

    @property
    def about_meeting(self) -> bool:
        """Whether the mail tells of a meeting; of a survey otherwise."""
        return self.purpose.startswith("meeting")

    @model_validator(mode="after")
    def _meeting_has_hours(self) -> Self:
        dated = self.about_meeting and self.purpose != "meeting_follow_up"
        if dated and (self.starts_at is None or self.ends_at is None):
            raise ValueError("a meeting starts and ends")
        if self.purpose in ("survey", "reminder", "meeting") and self.closes_at is None:
            raise ValueError("there is a last day to answer")
        return self


@staff_required("reader")
async def preview_mail(request: Request) -> Response:
    """Subject and text of the mail; a part of another service's page, or a page of its own when opened by itself."""
    try:
        asked = PreviewInput.model_validate(dict(request.query_params))
    except ValidationError:
        return problem(request, 422)
    about = _meeting(asked) if asked.about_meeting else _survey(asked)
    row = SimpleNamespace(
        Message=SimpleNamespace(
            id=_NOBODY,
            purpose=asked.purpose,
            subject_id=_NOBODY,
            member_id=_NOBODY,
            generation=1,
            link_expires_at=asked.closes_at,
            send_before=asked.closes_at,
            content=None,
        ),
        Contact=SimpleNamespace(name="Kari Eksempel", language=asked.language, email="kari@example.org"),
        Correspondent=None,
        Survey=None if asked.about_meeting else about,
        Meeting=about if asked.about_meeting else None,
    )
    mail = message_from_bytes(Composer(runtime(request)).write(row), policy=default)
    body = mail.get_body(("plain",))
    assert body is not None
    text = _TOKEN.sub(r"\1…", body.get_content())
    alone = request.headers.get("sec-fetch-dest") == "document"
    template = "staff_preview_page.html" if alone else "staff_preview.html"
    context = {"subject": mail["Subject"], "text": text, "code": asked.language}
    return render(request, f"notifications/{template}", context)


def _survey(asked: PreviewInput) -> SimpleNamespace:
    questionnaire = {
        "title": {asked.language: asked.title},
        "topic": {asked.language: asked.topic},
        "introduction": {asked.language: asked.introduction},
        "minutes": asked.minutes,
    }
    return SimpleNamespace(
        questionnaire=questionnaire, closes_at=asked.closes_at, slug="…", done={asked.language: asked.done}
    )


def _meeting(asked: PreviewInput) -> SimpleNamespace:
    return SimpleNamespace(
        slug="…",
        heading=asked.title,
        purpose=asked.introduction,
        place=asked.place,
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        done={asked.language: asked.done},
    )


PAGES = (Route("/staff/notifications/preview", preview_mail),)
