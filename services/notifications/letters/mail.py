"""One mail to be written: the message, whom it goes to, and the texts it is about."""

from dataclasses import dataclass

from services.notifications.tables import Contact, Correspondent, Meeting, Message, Survey
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
