"""What of a letter goes on: the sender's own words, without quotes, signature and numbers."""

import pytest

from services.notifications.mailbox.cutting import cut


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Hei\n\nBygg bru.\n\nMed vennlig hilsen\nKari Nordmann\ntlf. 99 99 99 99", "Hei\n\nBygg bru."),
        ("Bygg bru.\n-- \nKari", "Bygg bru."),
        ("Bygg bru.\n\nSendt fra min iPhone", "Bygg bru."),
        ("Ja takk.\n\nDen 3. mars 2027 kl. 12 skrev Panelet:\n> Hei\n> Hva vil du?", "Ja takk."),
        ("Yes.\n\nOn Tue, 3 Mar 2027 at 12:00 Panel <panel@panel.example>\nwrote:\n> Hi", "Yes."),
        ("Ja.\n\nFra: Panelet\nSendt: tirsdag\nTil: Kari\nEmne: Hei\n\nHva vil du?", "Ja."),
        ("Svar:\n> spørsmål\nmellom", "Svar:\nmellom"),
        ("Den dagen skrev jeg til dere og sa:\nBygg bru!", "Den dagen skrev jeg til dere og sa:\nBygg bru!"),
        ("Hilsen fra skolen burde henge på brua.", "Hilsen fra skolen burde henge på brua."),
        ("> bare sitat", "bare sitat"),
        ("", ""),
        ("Ja.\n\n12. mars 2026 kl. 10:15 skrev Panelet <panel@panel.example>:\n\n> Hei", "Ja."),
        ("Ja.\n\ntor. 12. mars 2026 kl. 10:15 skreiv Panelet <panel@panel.example>:\n> Hei", "Ja."),
        ("Den 12.03.2026 10:15, skrev Panelet:\n> Hva vil du?\n\nBygg bru.", "Bygg bru."),
        ("On Thu, 12 Mar 2026 at 10:15,\nThe Citizens' Panel\n<panel@panel.example> wrote:\n> Hi\nYes.", "Yes."),
        ("Den 12. mai 2024 skrev jeg til dere:\n\nBygg bru.", "Den 12. mai 2024 skrev jeg til dere:\n\nBygg bru."),
        ("Bussen er full.\nFra: Sandvika\nTil: Asker", "Bussen er full.\nFra: Sandvika\nTil: Asker"),
        ("Bygg bru.\n\nHilsen Kari\n\nPS: Husk lys.\n\ntlf. 912 34 567", "Bygg bru.\n\nPS: Husk lys."),
        ("Bygg bru.\n\nKari Nordmann\ntlf. 912 34 567\nStorveien 1, 1337 Sandvika", "Bygg bru."),
        ("Bygg bru.\n\nRing meg gjerne på 912 34 567.", "Bygg bru.\n\nRing meg gjerne på 912 34 567."),
        ("Mvh\nKari, 912 34 567", "Mvh\nKari, [telefonnummer]"),
        ("Fra: Ola <ola@example.org>\nEmne: Bru\n\nBygg bru.", "Bygg bru."),
        (
            "Bygg bru.\n\nMed vennlig hilsen\nKari\n" + "Avdeling\n" * 12 + "k@jobb.example\n" + "Konfidensielt. " * 9,
            "Bygg bru.",
        ),
    ],
)
def test_quotes_and_signature_are_cut_and_the_letter_is_kept(text: str, told: str) -> None:
    assert cut(text) == told
