"""Subject lines and buttons of every kind of mail; the letters themselves are ``templates/mail/<purpose>.txt``."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import Any

from babel.dates import format_date, format_time

from shared.rules import N_
from shared.web.i18n import Language

SUBJECTS: Mapping[str, str] = MappingProxyType(
    {
        "confirm": N_("Bekreft at du vil være med i innbyggerpanelet"),
        "confirm_address": N_("Bekreft den nye e-postadressen din"),
        "already_member": N_("Du er allerede med i innbyggerpanelet"),
        "sign_in": N_("Lenke til Min side i innbyggerpanelet"),
        "survey": N_("Ny undersøkelse: %(title)s (%(minutes)s, til %(last_day)s)"),
        "reminder": N_("Påminnelse: %(title)s (%(minutes)s, til %(last_day)s)"),
        "results": N_("Resultatene er klare: %(title)s"),
        "survey_follow_up": N_("Dette har undersøkelsen ført til: %(title)s"),
        "meeting": N_("Du er trukket ut til et møte %(day)s: %(title)s"),
        "meeting_place": N_("Du har plass på møtet %(day)s: %(title)s"),
        "meeting_reminder": N_("Påminnelse: møtet er %(day)s: %(title)s"),
        "meeting_changed": N_("Møtet er endret: %(title)s"),
        "meeting_cancelled": N_("Møtet er avlyst: %(title)s"),
        "meeting_minutes": N_("Referatet er klart: %(title)s"),
        "meeting_follow_up": N_("Dette har møtet ført til: %(title)s"),
        "suggestion_receipt": N_("Vi har fått forslaget ditt: %(title)s"),
        "suggestion_attachments_refused": N_("Vi kunne ikke ta imot vedleggene dine: %(title)s"),
        "suggestion_status": N_("Nytt om forslaget ditt: %(title)s"),
        "suggestion_answer": N_("Svar på forslaget ditt: %(title)s"),
    }
)

#: For a questionnaire that names its topic in one or two words.
SUBJECTS_WITH_TOPIC: Mapping[str, str] = MappingProxyType(
    {
        "survey": N_("Ny undersøkelse om %(topic)s: %(minutes)s, til %(last_day)s"),
        "reminder": N_("Påminnelse om undersøkelsen om %(topic)s: %(minutes)s, til %(last_day)s"),
    }
)

BUTTONS: Mapping[str, str] = MappingProxyType(
    {
        "confirm": N_("Bekreft at du vil være med"),
        "confirm_address": N_("Bekreft den nye adressen"),
        "sign_in": N_("Gå til Min side"),
        "survey": N_("Svar på undersøkelsen"),
        "reminder": N_("Svar på undersøkelsen"),
        "results": N_("Se resultatene"),
        "survey_follow_up": N_("Les mer"),
        "meeting": N_("Svar ja eller nei"),
        "meeting_place": N_("Se møtet og hent kalenderfila"),
        "meeting_reminder": N_("Se møtet eller meld forfall"),
        "meeting_changed": N_("Se møtet og hent kalenderfila"),
        "meeting_cancelled": N_("Se siden om møtet"),
        "meeting_minutes": N_("Les referatet"),
        "meeting_follow_up": N_("Les mer"),
        "suggestion_receipt": N_("Se saken"),
        "suggestion_attachments_refused": N_("Se saken"),
        "suggestion_status": N_("Se saken"),
        "suggestion_answer": N_("Se saken"),
    }
)

#: What the unsubscribe link in a mail stops, by consent.
STOPS: Mapping[str, str] = MappingProxyType(
    {
        "surveys": N_("Ikke få flere undersøkelser"),
        "meetings": N_("Ikke få flere invitasjoner til møter"),
        "results": N_("Ikke få flere e-poster om resultater"),
    }
)

#: A suggestion's status in words; the empty code is any other.
STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "considered": N_("Vi har lest forslaget og vurderer det nå. Du får en ny e-post når det er avgjort."),
        "merged": N_("Andre har foreslått det samme. Nå behandler vi forslagene sammen."),
        "forwarded": N_("Vi har sendt forslaget videre til dem i kommunen som har ansvar for slike saker."),
        "answered": N_("Kommunen har svart."),
        "declined": N_("Kommunen har vurdert forslaget og går ikke videre med det."),
        "": N_("Det er skjedd noe nytt i saken."),
    }
)

_DAY = {"nb": "d. MMMM", "nn": "d. MMMM", "en": "d MMMM"}
_WEEKDAY = {"nb": "EEEE d. MMMM", "nn": "EEEE d. MMMM", "en": "EEEE d MMMM"}
_LOCALES = {"nb": "nb_NO", "nn": "nn_NO", "en": "en_GB"}


def subject(purpose: str, language: Language, words: Mapping[str, Any]) -> str:
    """The subject line, on one line."""
    text = SUBJECTS[purpose]
    if words.get("topic") and purpose in SUBJECTS_WITH_TOPIC:
        text = SUBJECTS_WITH_TOPIC[purpose]
    return " ".join((language.gettext(text) % words).split())


def in_language(texts: Any, code: str) -> str:
    """A text of ``{language: text}``, in Bokmål or any language where it is not translated."""
    if isinstance(texts, dict):
        return str(texts.get(code) or texts.get("nb") or next(iter(texts.values()), ""))
    return str(texts or "")


def survey_words(survey: Any, language: Language) -> dict[str, Any]:
    """Title, topic, minutes and the last day to answer on, as mails about a survey say them."""
    questionnaire: Mapping[str, Any] = survey.questionnaire or {}
    minutes = int(questionnaire.get("minutes") or 0)
    told = language.ngettext("%(n)s minutt", "%(n)s minutter", minutes) % {"n": minutes}
    words = {
        "title": in_language(questionnaire.get("title"), language.code),
        "topic": in_language(questionnaire.get("topic"), language.code),
        "introduction": in_language(questionnaire.get("introduction"), language.code),
        "minutes": told if minutes else language.gettext(N_("noen minutter")),
        "done": in_language(survey.done, language.code),
    }
    if survey.closes_at is not None:
        # Closing is the first instant at which answers are refused; the day before midnight is the last to answer on.
        words["last_day"] = short_day(survey.closes_at - timedelta(microseconds=1), language)
    return words


def meeting_words(meeting: Any, language: Language) -> dict[str, Any]:
    """Heading, purpose, place, day and hours, as mails about a meeting say them; a deadline is each person's own."""
    return {
        "title": meeting.heading or "",
        "purpose": meeting.purpose or "",
        "place": meeting.place or "",
        "day": _format(meeting.starts_at, _WEEKDAY, language),
        "from_hour": _hour(meeting.starts_at, language),
        "to_hour": _hour(meeting.ends_at, language),
        "done": in_language(meeting.done, language.code),
    }


def deadline(until: datetime, language: Language) -> str:
    """``12. mars``, the last whole day before ``until``; with the hour when that is not midnight."""
    if until.astimezone(language.zone).time() == time():
        return short_day(until - timedelta(microseconds=1), language)
    return f"{short_day(until, language)} {_hour(until, language)}"


def suggestion_words(content: Mapping[str, str], language: Language) -> dict[str, Any]:
    """Heading, status in words and answer, as mails about a suggestion say them."""
    status = STATUSES.get(content["status"], STATUSES[""])
    return {"title": content["heading"], "answer": content["text"], "status_text": language.gettext(status)}


def short_day(at: datetime, language: Language) -> str:
    """``12. mars``, the installation's day."""
    return _format(at, _DAY, language)


def _format(at: datetime, formats: Mapping[str, str], language: Language) -> str:
    return format_date(at.astimezone(language.zone), formats[language.code], locale=_LOCALES[language.code])


def _hour(at: datetime, language: Language) -> str:
    return format_time(at.astimezone(language.zone), "HH:mm", locale=_LOCALES[language.code])
