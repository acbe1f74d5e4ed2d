"""What of a letter goes on: the sender's own words, without quotes, signature and numbers."""

import pytest

from services.notifications.mailbox.cutting import cut

OURS = ("panelet", "panel@panel.example", "the citizens' panel")


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("Hei\n\nBygg bru.\n\nMed vennlig hilsen\nKari Nordmann\ntlf. 99 99 99 99", "Hei\n\nBygg bru."),
        ("Bygg bru.\n-- \nKari", "Bygg bru."),
        ("Bygg bru.\n\nSendt fra min iPhone", "Bygg bru."),
        ("Ja takk.\n\nDen 3. mars 2027 kl. 12 skrev Panelet:\n> Hei\n> Hva vil du?", "Ja takk."),
        ("Yes.\n\nOn Tue, 3 Mar 2027 at 12:00 Panel <panel@panel.example>\nwrote:\n> Hi", "Yes."),
        ("Ja.\n\nFra: Panelet\nSendt: tirsdag\nTil: Kari\nEmne: Hei\n\nHva vil du?", "Ja."),
        ("Svar:\n> spørsmål til Panelet\nmellom", "Svar:\nmellom"),
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
        ("Ja.\n\ntors. 12. mars 2026 kl. 10:15 skrev Panelet:\n\n> Hei", "Ja."),
        ("Ja.\n\nFrån: Panelet\nSkickat: torsdag\nTill: Anna\nÄmne: Ny\n\nHej", "Ja."),
        ("Ja.\n\n-----Ursprungligt meddelande-----\nFrån: Panelet\nTill: Anna\n\nHej", "Ja."),
        ("Ja.\n\nVon: Panelet\nGesendet: Donnerstag\nAn: Anna\nBetreff: Neu\n\nHallo", "Ja."),
        ("Ja.\n\nAm Do., 12. März 2026 um 10:15 Uhr schrieb Panelet <panel@panel.example>:\n\n> Hallo", "Ja."),
        ("Yes.\n\n---- On Thu, 12 Mar 2026 10:15:00 +0100 Panelet wrote ----\n\nHi", "Yes."),
        ("Yes.\n\n2026-03-12 10:15 GMT+01:00 Panelet <panel@panel.example>:\n\n> Hi", "Yes."),
        ("Yes.\n\n---- Forwarded Message ----\nSubject: New\nDate: today\nFrom: Panelet\nTo: Kari\n\nHi", "Yes."),
        (
            "Begin forwarded message:\n\nFrom: Ola <ola@a.example>\nSubject: Road\nDate: May\nTo: Kari\n\nIt is bad.",
            "It is bad.",
        ),
        (
            "Ser dere dette?\n\nFra: Ola\nSendt: mai\nTil: Kari\nEmne: Bru\n\nBrua er glatt.",
            "Ser dere dette?\n\nFra: Ola\nSendt: mai\nTil: Kari\nEmne: Bru\n\nBrua er glatt.",
        ),
        ("Bygg bru.\n\nMed vänlig hälsning\nAnna Svensson\nTel 070-123 45 67", "Bygg bru."),
        ("Bygg bru.\n\nMit freundlichen Grüßen\nHans Müller", "Bygg bru."),
        ("Bygg bru.\n\nHilsen Kari og Ola i Sandvika", "Bygg bru."),
        ("Bygg bru.\n\nSkickat från min iPhone", "Bygg bru."),
        ("Bygg bru.\n\nVon meinem iPhone gesendet", "Bygg bru."),
        ("Fra: Ola <ola@example.org>\nEmne: Bru\n\nBygg bru.", "Bygg bru."),
        (
            "Bygg bru.\n\nMed vennlig hilsen\nKari\n" + "Avdeling\n" * 12 + "k@jobb.example\n" + "Konfidensielt. " * 9,
            "Bygg bru.",
        ),
    ],
)
def test_quotes_and_signature_are_cut_and_the_letter_is_kept(text: str, letter: str) -> None:
    assert cut(text, our_names=OURS).letter == letter


@pytest.mark.parametrize(
    "text",
    [
        "Jeg vil ha to ting.\n--\nFlere benker ved elva og bedre lys.",
        "Jeg vil ha to ting.\n--\n- benker\n- lys",
        "Bygg bru.\n____________________\nOg bedre lys.",
        "Bussen er full.\nFra: Sandvika stasjon\nTil: Fornebu\nDato: hver hverdag\nDen må gå oftere.",
        "Hilsen fra Høvik vel!\n\nVi vil ha benker.",
        "Vh. forslaget om benker:\nDe bør stå ved elva.",
        "Dette vil vi ha:\n> benker\n> lys",
        "Den 17. mai 2026 kl. 12 skrev ordføreren på Facebook:\nVi skal bygge bru.\nDet vil jeg ha.",
        "Den 17. mai 2026 kl. 12 skrev ordføreren på Facebook:\n> Vi skal bygge bru.\nDet vil jeg ha.",
        "from: the bus stop at Fornebu\nsubject: noise\nIt is too loud.",
        "Sendt fra skolen i dag: brua er glatt.\n\nDen må strøs.\n\nHver dag.\n\nHele vinteren.",
        "Hilsen er et fint ord.\nBruk det på skiltene.",
        "Von: Sandvika\nAn: Asker\nDer Bus fehlt.",
        "Am Montag schrieb die Zeitung: Alles wird teurer.\nDas stimmt.",
        "Tema: parkering\nTil: kommunen\nFra: beboerne\nEmne: boligsone\nVi vil ha boligsone.",
    ],
)
def test_a_letters_own_words_are_kept_whatever_they_look_like(text: str) -> None:
    assert cut(text, our_names=OURS) == (text, "")


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("Bygg bru.\n\nMvh Ola\nForresten: broen er glatt", "Bygg bru.\n\nForresten: broen er glatt"),
        ("Bygg bru.\n\nMvh Ola\n\nForresten: broen er glatt", "Bygg bru.\n\nForresten: broen er glatt"),
        ("Bygg bru.\n\nMvh\nOla\nBrua er glatt om vinteren.", "Bygg bru.\n\nBrua er glatt om vinteren."),
        ("Bygg bru.\n\nMvh Ola\n\nJeg vil ha dette:\n\nbenker\nlys", "Bygg bru.\n\nJeg vil ha dette:\n\nbenker\nlys"),
        ("Bygg bru.\n--\nOla Nordmann\nStorveien 1", "Bygg bru."),
    ],
)
def test_what_stands_below_the_closing_words_is_kept_unless_it_signs(text: str, letter: str) -> None:
    assert cut(text, our_names=OURS) == (letter, "")


def test_what_was_cut_is_kept_without_name_address_and_number() -> None:
    text, parts = cut(
        "Ja.\n\nDen 3. mars 2027 kl. 12 skrev Panelet <panel@panel.example>:\n> Hei, Kari!\n> Hva vil du?\n"
        "> Ring 912 34 567.\n> https://panel.example/surveys/answer/k1.AbC\nOg benker.\n\nHilsen\n"
        "Kari Nordmann\n913 34 567",
        "kari@example.org",
        "Kari Nordmann",
        OURS,
    )
    assert text == "Ja.\nOg benker."
    assert parts == (
        "Den 3. mars 2027 kl. 12 skrev Panelet <[e-postadresse]>:\n> Hei, [navn]!\n> Hva vil du?\n"
        "> Ring [telefonnummer].\n> https://panel.example/[lenke]"
    )


def test_a_mail_that_is_passed_on_keeps_its_words_and_not_who_wrote_them() -> None:
    text = "Se her:\n\n---- Videresendt melding ----\nFra: Ola <ola@example.org>\nEmne: Bru\n\nBygg bru."
    assert cut(text, our_names=OURS).letter == "Se her:\n\nBygg bru."
