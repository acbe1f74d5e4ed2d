"""A record's headers, which anybody who can write to a topic may have made: read or refused, never an error of ours."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.messaging.envelope import Delivery, Unreadable, raw_headers, read_envelope, subject_of_key
from shared.settings import Settings

ID, SUBJECT = UUID("0190a1b2-c3d4-7e5f-8a6b-000000000021"), UUID("0190a1b2-c3d4-7e5f-8a6b-000000000022")
HEADERS: dict[str, bytes | None] = {
    "ce_id": str(ID).encode(),
    "ce_type": b"registration.member_joined.v1",
    "ce_source": b"registration",
    "ce_subject": str(SUBJECT).encode(),
    "ce_sequence": b"7",
    "ce_replay": b"true",
    "ce_time": b"2027-03-01T12:00:00+00:00",
    "traceparent": b"00-1-2-03",
}


def record(key: bytes | None = str(SUBJECT).encode(), value: bytes | None = b"{}", **headers: bytes | None) -> Any:
    """The record with these headers; None leaves one out."""
    rows = [(name, text) for name, text in {**HEADERS, **headers}.items() if text is not None]
    return SimpleNamespace(topic="p.registration", partition=2, offset=9, key=key, value=value, headers=rows)


def test_a_record_is_read() -> None:
    envelope = read_envelope(record(), "registration")
    assert envelope[:10] == (
        ID, "registration.member_joined.v1", "registration", 2, 9, SUBJECT, 7, True,
        datetime(2027, 3, 1, 12, tzinfo=UTC), "00-1-2-03",
    )  # fmt: skip
    assert (envelope.payload, envelope.source) == (b"{}", "registration")


def test_what_may_be_left_out_may_be() -> None:
    rest = dict.fromkeys(("ce_source", "ce_subject", "ce_sequence", "ce_replay", "ce_time", "traceparent"))
    envelope = read_envelope(record(None, None, **rest), "registration")
    assert envelope[5:10] == (None, None, False, None, None)
    assert (envelope.payload, envelope.source) == (b"", "")
    assert read_envelope(record(ce_replay=b"false"), "registration").replay is False


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ce_id": None}, "header_missing"),
        ({"ce_type": None}, "header_missing"),
        ({"ce_id": b"x"}, "header_malformed"),
        ({"ce_subject": b"x"}, "header_malformed"),
        ({"ce_time": b"yesterday"}, "header_malformed"),
        # How late it is could not be told: the handler would fail.
        ({"ce_time": b"2027-03-01T12:00:00"}, "header_malformed"),
        ({"ce_sequence": b""}, "header_malformed"),
        ({"ce_sequence": b"0"}, "header_malformed"),
        ({"ce_sequence": b"-1"}, "header_malformed"),
        ({"ce_sequence": str(2**63).encode()}, "header_malformed"),
        ({"ce_type": b"\xff"}, "header_not_utf8"),
        ({"ce_type": b"a\x00"}, "header_holds_nul"),
        ({"more\x00": b"a"}, "header_holds_nul"),
        ({"key": None}, "key_disagrees"),
        ({"key": str(ID).encode()}, "key_disagrees"),
        ({"ce_subject": None}, "key_disagrees"),
    ],
)
def test_what_is_no_record_of_ours_is_refused_by_its_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unreadable, match=f"^{reason}$"):
        read_envelope(record(**changes), "registration")


@pytest.mark.parametrize("sequence", [1, 2**63 - 1])
def test_a_sequence_is_as_large_as_the_database_can_hold(sequence: int) -> None:
    assert read_envelope(record(ce_sequence=str(sequence).encode()), "registration").sequence == sequence


def test_a_dead_letters_headers_and_subject_can_be_stored() -> None:
    rows = [("a\x00", b"b\x00"), ("c", b"\xff"), ("d", None)]
    assert raw_headers(SimpleNamespace(headers=rows)) == {"a\\x00": "b\\x00", "c": "\\xff", "d": ""}
    assert [subject_of_key(record(key)) for key in (str(ID).encode(), None, b"", b"x", b"\xff")] == [ID, *[None] * 4]


def test_an_event_is_late_by_the_machines_time_and_never_early() -> None:
    def late(by: timedelta | None) -> timedelta:
        published = None if by is None else datetime.now(UTC) - by
        return Delivery(datetime(2030, 1, 1, tzinfo=UTC), Settings(), ID, 1, False, published).late

    assert late(None) == timedelta()
    assert late(timedelta(hours=-1)) == timedelta()
    assert timedelta(hours=1) <= late(timedelta(hours=1)) < timedelta(hours=2)


@given(st.lists(st.tuples(st.sampled_from([*HEADERS, "x"]), st.none() | st.binary(max_size=40))), st.binary())
def test_no_record_is_an_error_of_ours(headers: list[tuple[str, bytes | None]], key: bytes) -> None:
    made = record(key)
    made.headers += headers
    raw_headers(made)
    try:
        read_envelope(made, "registration")
    except Unreadable:
        return
