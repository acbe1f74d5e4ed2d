"""Mails of another municipality: its own name, colour and sender, and nothing of Bærum's."""

import re
from email.headerregistry import Address
from pathlib import Path

import pytest

from services.notifications.kinds import KINDS
from services.notifications.letters.composing import Composer
from shared.events.registration import ProfileChanged
from shared.profile.keeping import PROFILE_ID, take_up_profile
from shared.testing import Deliverer
from tests.notifications.ground import RuntimeOf, html_of, read_mail, text_of
from tests.notifications.test_letters import row_of
from tests.profiles import write_profile

_BAERUMS = re.compile("bærum|baerum|bæring|fossum|1f5c53", re.IGNORECASE)
#: The words for any panel: who joined one with a name of its own may not know that they are in another.
_ANYBODYS = re.compile("innbyggerpanel|innbyggjarpanel|citizen panel", re.IGNORECASE)


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
async def test_every_mail_is_the_municipalitys_own(runtime_of: RuntimeOf, tmp_path: Path, language: str) -> None:
    folder = write_profile(
        tmp_path / "oslo", number="0301", name="Oslo kommune", accent="#2a2859",
        panel_name={"nb": "Oslopanelet", "nn": "Oslopanelet", "en": "The Oslo Panel"},
    )  # fmt: skip
    rt = await runtime_of("notifications", profile=folder, mail_from="panel@oslo.example")
    for purpose in sorted(KINDS):
        mail = read_mail(Composer(rt).write(row_of(purpose, language)))
        name = "The Oslo Panel" if language == "en" else "Oslopanelet"
        sender = mail["From"].addresses[0]
        assert isinstance(sender, Address)
        assert (sender.display_name, sender.addr_spec) == (name, "panel@oslo.example")
        text, html = text_of(mail), html_of(mail)
        assert f"{name}\nOslo kommune" in text, purpose
        assert "#2a2859" in html, purpose
        for part in (mail["Subject"], text, html):
            for words in (_BAERUMS, _ANYBODYS):
                assert not words.search(part), (purpose, words.search(part))


async def test_a_name_chosen_on_the_page_signs_the_next_mail(runtime_of: RuntimeOf) -> None:
    rt = await runtime_of("notifications")
    choices = {"name": "Asker kommune", "panel_name": {"nb": "Askerpanelet"}}
    await Deliverer(rt)(ProfileChanged(profile_id=PROFILE_ID, choices=choices, changed_at=rt.now()))
    await take_up_profile(rt)
    mail = read_mail(Composer(rt).write(row_of("sign_in")))
    assert "Askerpanelet\nAsker kommune" in text_of(mail)
