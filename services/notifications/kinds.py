"""Every kind of mail, one record each. How to add one: docs/mail.md, "A kind of mail"."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from services.notifications.messages.domain import CANCELLED, SURVEY_CLOSED, Kind, Link
from shared.rules import N_

_SURVEY = Link("survey", "/surveys/answer/")
_MEETING = Link("meeting", "/meetings/answer/")
_OVER = ("declined", "lapsed", "withdrawn", "released", CANCELLED)

_CONFIRMATION = Kind(
    code="confirm",
    name="Bekreftelse",
    about="member",
    subject=N_("Bekreft at du vil være med i %(panel)s"),
    button=N_("Bekreft at du vil være med"),
    urgent=True,
    link=Link("confirm", "/join/confirm/"),
)
_INVITATION = Kind(
    code="survey",
    name="Invitasjon til undersøkelse",
    about="survey",
    subject=N_("Ny undersøkelse: %(title)s (%(minutes)s, til %(last_day)s)"),
    subject_with_topic=N_("Ny undersøkelse om %(topic)s: %(minutes)s, til %(last_day)s"),
    button=N_("Svar på undersøkelsen"),
    consent="surveys",
    link=_SURVEY,
    needless=("answered", SURVEY_CLOSED),
)
_REMINDER = Kind(
    code="reminder",
    name="Siste påminnelse om undersøkelse",
    about="survey",
    subject=N_("Påminnelse: %(title)s (%(minutes)s, til %(last_day)s)"),
    subject_with_topic=N_("Påminnelse om undersøkelsen om %(topic)s: %(minutes)s, til %(last_day)s"),
    button=N_("Svar på undersøkelsen"),
    consent="surveys",
    link=_SURVEY,
    needless=("answered", SURVEY_CLOSED),
)
_SEAT = Kind(
    code="meeting",
    name="Invitasjon til møte",
    about="meeting",
    subject=N_("Du er trukket ut til et møte %(day)s: %(title)s"),
    button=N_("Svar ja eller nei"),
    consent="meetings",
    link=_MEETING,
    needless=("accepted", *_OVER),
)
_WAITING_LIST = Kind(
    code="meeting_list",
    name="Invitasjon til venteliste",
    about="meeting",
    subject=N_("Kan du stå på ventelisten til et møte %(day)s: %(title)s"),
    button=N_("Svar ja eller nei"),
    consent="meetings",
    link=_MEETING,
    needless=("accepted", "waiting", *_OVER),
)

_ALL = (
    _CONFIRMATION,
    replace(_CONFIRMATION, code="confirm_on_behalf", name="Bekreftelse for den vi har meldt på"),
    Kind(
        code="welcome",
        name="Velkommen til den som er importert",
        about="member",
        subject=N_("Velkommen til %(panel)s"),
        button=N_("Gå til Min side"),
    ),
    Kind(
        code="on_behalf",
        name="Endret på vegne av medlemmet",
        about="member",
        subject=N_("Vi har endret noe for deg i %(panel)s"),
        button=N_("Gå til Min side"),
        urgent=True,
    ),
    Kind(
        code="confirm_address",
        name="Bekreftelse av ny adresse",
        about="member",
        subject=N_("Bekreft den nye e-postadressen din"),
        button=N_("Bekreft den nye adressen"),
        urgent=True,
        link=Link("confirm", "/me/address/"),
    ),
    Kind(
        code="already_member",
        name="Allerede med",
        about="member",
        subject=N_("Du er allerede med i %(panel)s"),
        urgent=True,
    ),
    Kind(
        code="sign_in",
        name="Innlogging",
        about="member",
        subject=N_("Lenke til Min side i %(panel)s"),
        button=N_("Gå til Min side"),
        urgent=True,
        link=Link("sign_in", "/me/sign-in/"),
    ),
    _INVITATION,
    replace(
        _INVITATION,
        code="survey_trial",
        name="Prøve av invitasjon",
        about="trial",
        consent=None,
        urgent=True,
        link=None,
        needless=(),
    ),
    Kind(
        code="letters_expiring",
        name="Varsel til de ansatte om hendelser som går tapt",
        about="staff",
        subject=N_("%(panel_name)s: noe går tapt om %(days)s dager"),
        button=N_("Se hva som venter"),
        urgent=True,
    ),
    replace(_REMINDER, code="first_reminder", name="Første påminnelse om undersøkelse"),
    _REMINDER,
    Kind(
        code="results",
        name="Resultater",
        about="result",
        subject=N_("Resultatene er klare: %(title)s"),
        button=N_("Se resultatene"),
        consent="results",
    ),
    Kind(
        code="survey_follow_up",
        name="Hva undersøkelsen førte til",
        about="result",
        subject=N_("Dette har undersøkelsen ført til: %(title)s"),
        button=N_("Les mer"),
        consent="results",
    ),
    Kind(
        code="meeting_call",
        name="Opprop før et møte",
        about="meeting",
        subject=N_("Vil du være med på et møte %(day)s: %(title)s"),
        button=N_("Svar ja eller nei"),
        consent="meetings",
        link=_MEETING,
        needless=("answered", CANCELLED),
    ),
    _SEAT,
    replace(_SEAT, code="meeting_volunteer", name="Invitasjon til møte etter opprop"),
    _WAITING_LIST,
    replace(_WAITING_LIST, code="meeting_list_volunteer", name="Invitasjon til venteliste etter opprop"),
    Kind(
        code="meeting_waiting",
        name="På ventelisten",
        about="meeting",
        subject=N_("Du står på ventelisten til møtet %(day)s: %(title)s"),
        button=N_("Se møtet eller meld deg av listen"),
        link=_MEETING,
        needless=("accepted", *_OVER),
    ),
    Kind(
        code="meeting_released",
        name="Ble ikke plass på møtet",
        about="meeting",
        subject=N_("Det ble ikke plass på møtet %(day)s: %(title)s"),
        button=N_("Se siden om møtet"),
        needless=(CANCELLED,),
    ),
    Kind(
        code="meeting_place",
        name="Plass på møtet",
        about="meeting",
        subject=N_("Du har plass på møtet %(day)s: %(title)s"),
        button=N_("Se møtet og hent kalenderfilen"),
        link=_MEETING,
        needless=_OVER,
    ),
    Kind(
        code="meeting_reminder",
        name="Påminnelse om møte",
        about="meeting",
        subject=N_("Påminnelse: møtet er %(day)s: %(title)s"),
        button=N_("Se møtet eller meld forfall"),
        link=_MEETING,
        needless=_OVER,
    ),
    Kind(
        code="meeting_changed",
        name="Møtet er endret",
        about="meeting",
        subject=N_("Møtet er endret: %(title)s"),
        button=N_("Se hva som gjelder for deg"),
        link=_MEETING,
        needless=(CANCELLED,),
    ),
    Kind(
        code="meeting_cancelled",
        name="Møtet er avlyst",
        about="meeting",
        subject=N_("Møtet er avlyst: %(title)s"),
        button=N_("Ta møtet ut av kalenderen"),
        link=_MEETING,
    ),
    Kind(
        code="meeting_minutes",
        name="Referat fra møte",
        about="meeting",
        subject=N_("Referatet er klart: %(title)s"),
        button=N_("Les referatet"),
        consent="meetings",
    ),
    Kind(
        code="meeting_follow_up",
        name="Hva møtet førte til",
        about="meeting",
        subject=N_("Dette har møtet ført til: %(title)s"),
        button=N_("Les mer"),
        consent="meetings",
    ),
    Kind(
        code="suggestion_receipt",
        name="Kvittering for forslag",
        about="suggestion",
        subject=N_("Vi har fått forslaget ditt"),
        button=N_("Se saken"),
    ),
    Kind(
        code="suggestion_attachments_refused",
        name="Vedlegg ikke tatt imot",
        about="suggestion",
        subject=N_("Vi kunne ikke ta imot vedleggene dine"),
        button=N_("Se saken"),
    ),
    Kind(
        code="suggestion_status",
        name="Status for forslag",
        about="suggestion",
        subject=N_("Nytt om forslaget ditt"),
        subject_with_topic=N_("Nytt om forslaget ditt: %(topic)s"),
        button=N_("Se saken"),
    ),
    Kind(
        code="suggestion_answer",
        name="Svar på forslag",
        about="suggestion",
        subject=N_("Svar på forslaget ditt"),
        subject_with_topic=N_("Svar på forslaget ditt: %(topic)s"),
        button=N_("Se saken"),
    ),
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.code: kind for kind in _ALL})

#: What the unsubscribe link in a mail stops, by consent.
STOPS: Mapping[str, str] = MappingProxyType(
    {
        "surveys": N_("Stopp e-poster om undersøkelser"),
        "meetings": N_("Stopp e-poster om møter"),
        "results": N_("Stopp e-poster om resultater"),
    }
)


def codes_to_correspondents() -> list[str]:
    """Codes of the kinds of mail that go to an address given for them."""
    return [kind.code for kind in _ALL if kind.to_correspondent]


def codes_about(*about: str) -> list[str]:
    """Codes of the kinds of mail about one of these."""
    return [kind.code for kind in _ALL if kind.about in about]
