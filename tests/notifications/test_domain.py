"""The rules of mail."""

from datetime import datetime, time
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.kinds import KINDS, STOPS
from services.notifications.letters.domain import greeted_name
from services.notifications.refusals.domain import Verdict, judge
from services.notifications.sending.domain import is_quiet, retry_wait


def test_every_kind_of_mail_has_a_subject_a_letter_and_a_button_for_its_link() -> None:
    templates = Path(str(resources.files("services.notifications"))) / "templates"
    assert all(kind.subject and (templates / kind.template).exists() for kind in KINDS.values())
    assert [kind.code for kind in KINDS.values() if kind.link and not kind.button] == []
    assert {kind.consent for kind in KINDS.values() if kind.consent} == set(STOPS)


def test_what_is_needless_is_never_urgent() -> None:
    assert [kind.code for kind in KINDS.values() if kind.urgent and kind.needless] == []


@pytest.mark.parametrize(
    ("hour", "start", "end", "quiet"),
    [
        (23, "22:00", "07:00", True),
        (6, "22:00", "07:00", True),
        (7, "22:00", "07:00", False),
        (12, "22:00", "07:00", False),
        (12, "11:00", "13:00", True),
        (13, "11:00", "13:00", False),
        (3, None, "07:00", False),
        (3, "03:00", "03:00", False),
    ],
)
def test_quiet_hours_may_go_past_midnight(hour: int, start: str | None, end: str | None, quiet: bool) -> None:
    ends = [time.fromisoformat(text) if text else None for text in (start, end)]
    assert is_quiet(datetime(2027, 3, 12, hour), *ends) is quiet  # noqa: DTZ001 - local time


@pytest.mark.parametrize(
    ("code", "text", "dead"),
    [
        (550, "no such user", True),
        (550, "5.1.1 unknown", True),
        (550, "5.2.1 mailbox disabled", True),
        (550, "5.2.2 mailbox full", False),
        (550, "5.7.1 blocked by policy", False),
        (550, "5.1.8 bad sender", False),
        (554, "rejected", False),
        (451, "4.1.1 later", False),
        (551, "moved", True),
    ],
)
def test_only_a_refusal_of_the_address_itself_makes_it_dead(code: int, text: str, dead: bool) -> None:
    assert (judge(text, code) is Verdict.DEAD) is dead


@given(st.integers(-5, 10_000))
def test_waits_grow_and_have_an_end(tries: int) -> None:
    assert 2 <= retry_wait(tries) <= retry_wait(tries + 1) <= 900


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("Kari Nordmann", "Kari Nordmann"),
        ("  Kari\n Nordmann ", "Kari Nordmann"),
        ("Åse-Marie O'Connor jr.", "Åse-Marie O'Connor jr."),
        ("Vinn penger på http://example.org", None),
        ("Se www example", None),
        ("example.org har tilbud", None),
        ("skriv til a@example.org", None),
        ("x" * 61, None),
        ("", None),
        (None, None),
    ],
)
def test_a_name_that_is_an_advertisement_is_not_sent_to_a_stranger(name: str | None, greeted: str | None) -> None:
    assert greeted_name(name) == greeted
