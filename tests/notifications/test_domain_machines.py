"""Machines are recognised, and people who write about them are not taken for one."""

import pytest

from shared.ids import new_id
from tests.notifications.test_domain_reading import DOMAIN, letter, read

AUTOMATIC: list[dict[str, str]] = [
    {"Auto_Submitted": "auto-replied"},
    {"Auto_Submitted": "auto-generated; x=y"},
    {"Precedence": "bulk"},
    {"Precedence": "Auto_Reply"},
    {"X_Autoreply": "yes"},
    {"List_Id": "<list.example.org>"},
    {"From": "MAILER-DAEMON@example.org"},
    {"From": "no-reply@example.org"},
    {"From": "panel@panel.example"},
    {"Reply_To": "Panel <PANEL@panel.example>"},
    {"From": "Varsel <varsel.ikke-svar@example.org>"},
    {"From": "panel+noe@panel.example", "Reply_To": "ola@example.org"},
    {"X_Auto_Response_Suppress": "DR, OOF, AutoReply"},
    {"List_Unsubscribe": "<mailto:ut@example.org>"},
    {"Subject": "Automatisk svar: Borte"},
    {"Subject": "Fråværsmelding"},
    {"Subject": "Out of office"},
    {"Message_ID": f"<{new_id()}@panel.example>"},
]


@pytest.mark.parametrize("headers", AUTOMATIC)
def test_machines_and_ourselves_are_recognised(headers: dict[str, str]) -> None:
    assert read(letter(**headers)).kind == "automatic"


@pytest.mark.parametrize("envelope", ["", "<>", "MAILER-DAEMON@example.org", "bounce-12@lists.example.org"])
def test_a_mail_without_a_sender_is_a_machine(envelope: str) -> None:
    assert read(letter(), envelope).kind == "automatic"


@pytest.mark.parametrize(
    "headers",
    [{"Auto_Submitted": "no"}, {"X_Auto_Response_Suppress": "DR"}, {"Subject": "Autosvaret deres virker ikke"}],
)
def test_a_person_is_no_machine(headers: dict[str, str]) -> None:
    assert read(letter(**headers)).kind == "letter"


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("Autosvar hos Servicetorget må bort", "doubtful"),
        ("Fravær i skolen", "doubtful"),
        ("Ferie for alle barn", "doubtful"),
        ("Out of office until Monday", "doubtful"),
        ("Undeliverable promises", "doubtful"),
        ("Returned mail is left in the rain", "doubtful"),
        ("Autosvaret deres virker ikke", "letter"),
        ("Borte bra, hjemme best", "letter"),
        ("Ferie: sommerskolen må utvides", "doubtful"),
        ("Ikke levert: posten på Rykkinn", "doubtful"),
        ("Lest: Ny undersøkelse", "doubtful"),
        ("Lest i avisen at brua skal rives", "letter"),
        ("Permisjon: Ny", "doubtful"),
        ("Permisjon til de ansatte", "letter"),
        ("OOO: New", "automatic"),
        ("[Auto-Reply] New", "doubtful"),
        ("Out of office reply: New", "automatic"),
        ("Ute av kontoret: Ny", "automatic"),
        ("Ute av kontroll: trafikken", "letter"),
        ("Frånvaro: Ny", "automatic"),
        ("Abwesenheit: Neu", "automatic"),
        ("Zustellung fehlgeschlagen", "automatic"),
        ("Leveringsfeil: Ny", "automatic"),
        ("DELIVERY FAILURE: User not listed", "automatic"),
        ("Fravær: tannlege", "automatic"),
        ("Ikke til stede: Ny undersøkelse", "automatic"),
        ("Automatiskt svar: Ny undersøkelse", "automatic"),
        ("Automatische Antwort: Ny", "automatic"),
        ("RE: Automatic reply", "automatic"),
        ("SV: Re: Autosvar: Ny", "automatic"),
        ("failure notice", "automatic"),
        ("Returned mail: see transcript for details", "automatic"),
        ("Undelivered Mail Returned to Sender", "automatic"),
        ("Mail delivery failed: returning message to sender", "automatic"),
        ("Meldingen ble ikke levert", "automatic"),
        ("Delivery Status Notification (Failure)", "automatic"),
    ],
)
def test_a_subject_alone_makes_a_machine_only_with_its_colon(subject: str, kind: str) -> None:
    assert read(letter(Subject=subject)).kind == kind


def test_a_doubtful_subject_is_a_machines_when_the_mail_answers_ours() -> None:
    answer = letter(Subject="Out of office until Monday", In_Reply_To=f"<{new_id()}@{DOMAIN}>")
    assert read(answer).kind == "automatic"
