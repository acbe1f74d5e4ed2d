"""Words of mails about a survey, a meeting or a suggestion, in one language."""

from collections.abc import Mapping
from datetime import datetime, time
from types import MappingProxyType

from babel.dates import format_date, format_time

from services.notifications.messages.domain import Kind
from services.notifications.tables import Meeting, Survey
from shared.rules import N_, last_day
from shared.web.i18n import Language

#: A suggestion's status in words; the empty code is any other.
STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "considered": N_("Vi har lest forslaget og vurderer det nå. Du får en ny e-post når det er avgjort."),
        "merged": N_("Andre har foreslått det samme. Nå behandler vi forslagene sammen."),
        "forwarded": N_("Vi har sendt forslaget videre til dem i kommunen som har ansvar for slike saker."),
        "answered": N_("Kommunen har svart."),
        "declined": N_("Kommunen har vurdert forslaget og går ikke videre med det."),
        "": N_("Det har skjedd noe nytt i saken."),
    }
)

#: What staff have changed for a member, in words to the member.
CHANGES: Mapping[str, str] = MappingProxyType(
    {
        "name": N_("Vi har rettet navnet ditt."),
        "email": N_(
            "Du skal få en ny e-postadresse i panelet. Vi har sendt en lenke til den. "
            "Denne adressen gjelder til lenken er åpnet."
        ),
        "year_of_birth": N_("Vi har rettet fødselsåret ditt."),
        "gender": N_("Vi har rettet kjønnet ditt."),
        "postcode": N_("Vi har rettet hvor du bor."),
        "language": N_("Vi skriver til deg på et annet språk, som i denne e-posten."),
        "surveys_yes": N_("Du får undersøkelser fra nå av."),
        "surveys_no": N_("Du får ikke flere undersøkelser."),
        "meetings_yes": N_("Du kan bli trukket ut til møter fra nå av."),
        "meetings_no": N_("Du blir ikke trukket ut til flere møter."),
        "results_yes": N_("Du får resultatene på e-post fra nå av."),
        "results_no": N_("Du får ikke flere resultater på e-post."),
        "paused": N_("Du har pause. Til den er over, får du ingen undersøkelser eller invitasjoner."),
        "active": N_("Pausen din er over. Du er med igjen."),
        "": N_("Vi har endret noe annet."),
    }
)
#: How the member asked for it.
ASKED: Mapping[str, str] = MappingProxyType(
    {
        "phone": N_("Vi gjorde det fordi du ba om det på telefon."),
        "paper": N_("Vi gjorde det fordi du ba om det på papir."),
        "in_person": N_("Vi gjorde det fordi du ba om det i en samtale."),
        "email": N_("Vi gjorde det fordi du ba om det på e-post."),
        "error": N_("Vi gjorde det fordi vi fant en feil."),
        "": N_("Vi gjorde det fordi du ba om det."),
    }
)

_DAY = {"nb": "d. MMMM", "nn": "d. MMMM", "en": "d MMMM"}
_WEEKDAY = {"nb": "EEEE d. MMMM", "nn": "EEEE d. MMMM", "en": "EEEE d MMMM"}
_LOCALES = {"nb": "nb_NO", "nn": "nn_NO", "en": "en_GB"}


def subject(kind: Kind, language: Language, words: Mapping[str, object]) -> str:
    """The subject line, on one line."""
    text = kind.subject_with_topic if words.get("topic") and kind.subject_with_topic else kind.subject
    return " ".join((language.gettext(text) % words).split())


def in_language(texts: object, code: str) -> str:
    """A text of ``{language: text}``, in Bokmål or any language where it is not translated."""
    if isinstance(texts, dict):
        return str(texts.get(code) or texts.get("nb") or next(iter(texts.values()), ""))
    return str(texts or "")


def survey_words(survey: Survey, language: Language) -> dict[str, str]:
    """Title, topic, minutes and the last day to answer on, as mails about a survey say them."""
    cover = survey.questionnaire
    assert cover is not None, "a mail about a survey waits for its texts"
    words = {
        "title": cover.title.to(language.code),
        "topic": cover.topic.to(language.code) if cover.topic else "",
        "introduction": cover.introduction.to(language.code),
        "minutes": language.ngettext("%(n)s minutt", "%(n)s minutter", cover.minutes) % {"n": cover.minutes},
        "done": in_language(survey.done, language.code),
    }
    if survey.closes_at is not None:
        # Closing is the first instant at which answers are refused; the day before midnight is the last to answer on.
        words["last_day"] = short_day(last_day(survey.closes_at), language)
    return words


def meeting_words(meeting: Meeting, language: Language) -> dict[str, object]:
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
        return short_day(last_day(until), language)
    return f"{short_day(until, language)} {_hour(until, language)}"


def suggestion_words(content: Mapping[str, str], since: datetime | None, language: Language) -> dict[str, object]:
    """Day, status in words and answer, as mails about a suggestion say them.

    The heading is repeated only while the matter is public, which staff have approved: anybody may have given this
    address, and written anything.
    """
    status = STATUSES.get(content["status"], STATUSES[""])
    title = content["heading"] if content["slug"] else ""
    return {
        "title": title,
        "topic": title,
        "sent_on": _format(since, _DAY, language),
        "answer": content["text"],
        "status_text": language.gettext(status),
    }


def change_words(content: Mapping[str, str], language: Language) -> dict[str, object]:
    """What staff have changed for the member, and why, as sentences."""
    changes = [CHANGES.get(code, CHANGES[""]) for code in content["changes"].split()]
    how = ASKED.get(content["how"], ASKED[""])
    return {"changed": [language.gettext(text) for text in changes], "asked": language.gettext(how)}


def short_day(at: datetime, language: Language) -> str:
    """``12. mars``, the installation's day."""
    return _format(at, _DAY, language)


def _format(at: datetime | None, formats: Mapping[str, str], language: Language) -> str:
    if at is None:
        return ""
    return format_date(at.astimezone(language.zone), formats[language.code], locale=_LOCALES[language.code])


def _hour(at: datetime | None, language: Language) -> str:
    if at is None:
        return ""
    return format_time(at.astimezone(language.zone), "HH:mm", locale=_LOCALES[language.code])
