"""One mail to be written: the message, whom it goes to, and the texts it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.notifications.tables import Contact, Correspondent, Meeting, Message, Survey
from shared.events.questionnaire import Cover, Texts
from shared.web.i18n import LANGUAGES


@dataclass
class Mail:
    """A claimed message with its recipient (a member's card, or the sender of a suggestion) and its texts."""

    message: Message
    contact: Contact | None
    correspondent: Correspondent | None
    survey: Survey | None = None
    meeting: Meeting | None = None

    @property
    def address(self) -> str | None:
        """Where it goes."""
        holder = self.contact or self.correspondent
        return None if holder is None else holder.email

    @property
    def language(self) -> str:
        """The code of the recipient's language."""
        holder = self.contact or self.correspondent
        return holder.language if holder is not None and holder.language in LANGUAGES else "nb"


def trial_survey(content: Mapping[str, str]) -> Survey:
    """What a trial's own content says of a survey that does not exist yet."""
    cover = Cover(
        title=Texts(nb=content["title"]),
        topic=Texts(nb=content["topic"]) if content["topic"] else None,
        introduction=Texts(nb=content["introduction"]),
        minutes=int(content["minutes"]),
    )
    return Survey(questionnaire=cover, closes_at=datetime.fromisoformat(content["closes_at"]))
