"""The panel's own mailbox, read from a small IMAP server that keeps flags."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pydantic import SecretStr

from services.notifications.mailbox.imap import fetch_letters, forget_letters
from services.notifications.settings import NotificationSettings
from shared.events.notifications import SuggestionLetterReceived
from shared.service import Runtime
from shared.testing import outbox
from tests.imap_server import Server


@pytest.fixture
async def server() -> AsyncIterator[tuple[Server, NotificationSettings]]:
    mail_server = Server()
    listening = await asyncio.start_server(mail_server.talk, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    url = SecretStr(f"imap://panel:hemme%20lig@127.0.0.1:{port}/Panel")
    async with listening:
        yield mail_server, NotificationSettings(imap_url=url, largest_letter=5000)


def letter(number: int, head: str = "Return-Path: <kari@example.net>", text: str = "Bygg bru.") -> bytes:
    lines = [
        head,
        "From: Kari <kari@example.net>",
        "Subject: Bru",
        f"Message-ID: <m{number}@example.net>",
        "",
        text,
        "",
    ]
    return "\r\n".join(lines).encode()


async def test_unread_letters_become_suggestions_once(rt: Runtime, server: tuple[Server, NotificationSettings]) -> None:
    mail_server, settings = server
    mail_server.mails = [
        letter(1),
        letter(2, "Return-Path: <>"),
        letter(3, text="stor " * 2000),
        letter(1),
        letter(4, "X-A: b"),
    ]
    await fetch_letters(rt, settings)
    await fetch_letters(rt, settings)
    assert len(await outbox(rt, SuggestionLetterReceived)) == 2
    assert mail_server.flags == {1: r"\Seen", 2: r"\Seen", 3: r"\Seen \Flagged", 4: r"\Seen", 5: r"\Seen"}
    assert mail_server.logins[0] == 'LOGIN panel "hemme lig"'


async def test_what_cannot_be_fetched_stays_unread(rt: Runtime, server: tuple[Server, NotificationSettings]) -> None:
    mail_server, settings = server
    mail_server.mails, mail_server.refuse_fetch = [letter(1)], True
    with pytest.raises(ConnectionError):
        await fetch_letters(rt, settings)
    assert mail_server.flags == {}
    mail_server.refuse_fetch = False
    await fetch_letters(rt, settings)
    assert len(await outbox(rt, SuggestionLetterReceived)) == 1


async def test_without_a_mailbox_nothing_is_fetched(rt: Runtime) -> None:
    await fetch_letters(rt, NotificationSettings())
    assert await outbox(rt, SuggestionLetterReceived) == []


async def test_what_was_read_leaves_the_mailbox_and_what_people_must_see_to_stays_longer(
    rt: Runtime, server: tuple[Server, NotificationSettings]
) -> None:
    mail_server, settings = server
    for days in (89, 91, 729, 731):
        for flags in (r"\Seen", r"\Seen \Flagged", ""):
            mail_server.mails.append(letter(1))
            mail_server.flags[len(mail_server.mails)] = flags
            mail_server.came[len(mail_server.mails)] = (rt.now() - timedelta(days=days)).date()
    await forget_letters(rt, settings)
    ordinary, flagged, unread = range(1, 13, 3), range(2, 13, 3), range(3, 13, 3)
    assert [n in mail_server.expunged for n in ordinary] == [False, True, True, True]
    assert [n in mail_server.expunged for n in flagged] == [False, False, False, True]
    assert not mail_server.expunged & set(unread)
