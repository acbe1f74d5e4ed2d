"""What a mail says: one complete letter as text, the same letter as HTML with one button."""

from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from services.notifications.tables import Contact, Message, Survey
from shared.service import Runtime
from shared.web.pages import Renderer

#: Purpose of a message -> path its link opens; the token comes behind it.
_PATHS = {
    "confirm": "/join/confirm/",
    "sign_in": "/me/sign-in/",
    "survey": "/surveys/answer/",
    "reminder": "/surveys/answer/",
}
#: A reminder's link is the invitation's.
_LINK_PURPOSE = {"reminder": "survey"}
#: Consent purpose that a bulk mail's unsubscribe link withdraws.
UNSUBSCRIBES = {"survey": "surveys", "reminder": "surveys", "results": "results"}


class Unsendable(ValueError):
    """The address has a form no mail server here can be given."""


def sendable(address: str | None) -> str:
    """The address as SMTP takes it, its domain in ASCII; raises Unsendable."""
    local, _, domain = (address or "").rpartition("@")
    try:
        written = f"{local}@{domain.encode('idna').decode('ascii')}"
        written.encode("ascii")
        Address(addr_spec=written)
    except ValueError:  # header defects are ValueErrors too; their text holds the address
        raise Unsendable from None
    return written


@lru_cache(maxsize=4)
def _renderer(runtime: Runtime) -> Renderer:
    return Renderer("notifications", Path(str(resources.files("services.notifications"))), runtime.settings)


def compose(runtime: Runtime, message: Message, contact: Contact, survey: Survey | None) -> EmailMessage:
    """The mail to one person; its Message-ID is the message's id, so that a relay's log can be matched."""
    settings, language = runtime.settings, contact.language if contact.language in ("nb", "nn", "en") else "nb"
    context = _context(runtime, message, contact, survey, language)
    renderer = _renderer(runtime)
    mail = EmailMessage(policy=SMTP)
    subject = renderer.text(language, f"mail/{message.purpose}.subject.txt", context)
    mail["Subject"] = " ".join(subject.split())
    mail["From"] = Address(settings.mail_from_name, addr_spec=settings.mail_from)
    mail["To"] = Address(addr_spec=sendable(contact.email))
    mail["Reply-To"] = Address(addr_spec=settings.mail_reply_to)
    mail["Message-ID"] = f"<{message.id}@{settings.mail_from.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    if "unsubscribe" in context:
        mail["List-Id"] = f"<panel.{settings.mail_from.rpartition('@')[2]}>"
        mail["List-Unsubscribe"] = f"<{context['unsubscribe']}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(renderer.text(language, f"mail/{message.purpose}.txt", context))
    mail.add_alternative(
        renderer.text(language, "mail/letter.html", context | _letter(renderer, message, language, context)),
        subtype="html",
    )
    return mail


def _letter(renderer: Renderer, message: Message, language: str, context: Mapping[str, Any]) -> dict[str, Any]:
    """The text letter's paragraphs, for the HTML frame: the words stand in one place."""
    text = renderer.text(language, f"mail/{message.purpose}.txt", context)
    return {"paragraphs": [part.strip() for part in text.split("\n\n") if part.strip()]}


def _context(
    runtime: Runtime, message: Message, contact: Contact, survey: Survey | None, language: str
) -> dict[str, Any]:
    context: dict[str, Any] = {"name": contact.name, "link": None, "lang": language}
    public, links = runtime.settings.public_url, runtime.links
    if message.purpose in _PATHS and message.link_expires_at is not None:
        purpose = _LINK_PURPOSE.get(message.purpose, message.purpose)
        token = links.make(purpose, message.subject_id, message.generation, message.link_expires_at)
        context["link"] = f"{public}{_PATHS[message.purpose]}{token}"
    if survey is not None:
        questionnaire = survey.questionnaire
        context["title"] = _in_language(questionnaire.get("title"), language)
        context["closes_at"] = survey.closes_at
        if message.purpose == "results":
            context["link"] = f"{public}/results/{survey.slug}" if survey.slug else f"{public}/results"
    if message.purpose in UNSUBSCRIBES and message.member_id is not None:
        token = links.make("unsubscribe", message.member_id, 1, message.send_before)
        context["unsubscribe"] = f"{public}/mail/unsubscribe/{UNSUBSCRIBES[message.purpose]}/{token}"
    return context


def _in_language(texts: Any, language: str) -> str:
    if isinstance(texts, dict):
        return str(texts.get(language) or texts.get("nb") or next(iter(texts.values()), ""))
    return str(texts or "")
