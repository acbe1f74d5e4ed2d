"""The rules of mail."""

from dataclasses import replace
from datetime import datetime, time
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.kinds import KINDS, STOPS
from services.notifications.letters.domain import greeted_name
from services.notifications.messages.domain import CANCELLED, SURVEY_CLOSED, Facts, Kind, fate
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
        (22, "22:00", "07:00", True),
        (11, "11:00", "13:00", True),
        (10, "11:00", "13:00", False),
        (14, "11:00", "13:00", False),
        (3, "03:00", None, False),
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


def test_each_wait_is_twice_the_one_before_up_to_a_quarter_of_an_hour() -> None:
    assert [retry_wait(tries) for tries in (-1, 0, 1, 2, 8, 9, 10, 50)] == [2, 2, 4, 8, 512, 900, 900, 900]


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
        ("x" * 60, "x" * 60),
        ("x" * 61, None),
        ("", None),
        (None, None),
    ],
)
def test_a_name_that_is_an_advertisement_is_not_sent_to_a_stranger(name: str | None, greeted: str | None) -> None:
    assert greeted_name(name) == greeted


ASKS = Kind(
    code="x", name="x", about="survey", subject="x", consent="surveys", needless=("answered", SURVEY_CLOSED, CANCELLED)
)
URGENT = replace(ASKS, urgent=True)
TELLS = Kind(code="y", name="y", about="member", subject="y")
WAITS = ("waiting", "no_card_yet")
ACTIVE = Facts(status="active", purposes=("surveys",), address="known")


@pytest.mark.parametrize(
    ("kind", "facts", "becomes"),
    [
        (ASKS, ACTIVE, ("pending", None)),
        (ASKS, Facts(address="known"), ("pending", None)),
        (ASKS, replace(ACTIVE, settled="answered"), ("suppressed", "answered")),
        (ASKS, replace(ACTIVE, settled="declined"), ("pending", None)),
        (ASKS, replace(ACTIVE, status="left"), ("suppressed", "left")),
        (TELLS, replace(ACTIVE, status="left"), ("suppressed", "left")),
        (ASKS, replace(ACTIVE, status="paused"), ("suppressed", "paused")),
        (TELLS, replace(ACTIVE, status="paused"), ("pending", None)),
        (ASKS, replace(ACTIVE, purposes=("meetings",)), ("suppressed", "unsubscribed")),
        (TELLS, replace(ACTIVE, purposes=()), ("pending", None)),
        (URGENT, replace(ACTIVE, status="left", purposes=()), ("pending", None)),
        (URGENT, replace(ACTIVE, status="paused"), ("pending", None)),
        (ASKS, replace(ACTIVE, survey="closed"), ("suppressed", SURVEY_CLOSED)),
        (TELLS, replace(ACTIVE, survey="closed"), ("pending", None)),
        (ASKS, replace(ACTIVE, cancelled=True), ("suppressed", CANCELLED)),
        (TELLS, replace(ACTIVE, cancelled=True), ("pending", None)),
        (ASKS, replace(ACTIVE, survey="paused"), WAITS),
        (ASKS, replace(ACTIVE, survey="ended"), WAITS),
        (TELLS, replace(ACTIVE, survey="ended"), ("pending", None)),
        (replace(TELLS, about="result"), replace(ACTIVE, survey="paused"), ("pending", None)),
        (replace(TELLS, about="trial"), replace(ACTIVE, survey="paused"), ("pending", None)),
        (ASKS, replace(ACTIVE, address=None), WAITS),
        (ASKS, replace(ACTIVE, texts=False), WAITS),
        (ASKS, replace(ACTIVE, address="removed"), ("no_address", "removed")),
        (URGENT, replace(ACTIVE, address="forgotten"), ("no_address", "forgotten")),
        (ASKS, replace(ACTIVE, address="unreachable"), ("no_address", "unreachable")),
        (URGENT, replace(ACTIVE, address="unreachable"), ("pending", None)),
    ],
)
def test_what_becomes_of_a_mail_that_is_not_on_its_way_yet(
    kind: Kind, facts: Facts, becomes: tuple[str, str | None]
) -> None:
    assert fate(kind, facts) == becomes


def test_only_what_has_an_address_of_its_own_goes_to_a_correspondent() -> None:
    abouts = ("member", "survey", "result", "meeting", "suggestion", "trial", "staff")
    assert [about for about in abouts if replace(TELLS, about=about).to_correspondent] == list(abouts[-3:])
    assert {kind.about for kind in KINDS.values()} == set(abouts)
