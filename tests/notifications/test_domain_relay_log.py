"""What a relay's log says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.deliveries.relay_log import read_relay_log
from shared.ids import new_id

ONE, TWO = new_id(), new_id()
CLEANUP = f"Mar  3 12:00:00 mail postfix/cleanup[2]: 4F1A: message-id=<{ONE}@panel.example>"
SENT = "Mar  3 12:00:01 mail postfix/smtp[3]: 4F1A: to=<x@example.org>, relay=y, dsn=2.0.0, status=sent (250 ok)"
BOUNCED = "Mar  3 12:00:02 mail postfix/smtp[3]: 4F1A: to=<x@example.org>, dsn=5.1.1, status=bounced (550 no)"
ACTIVE = "Mar  3 12:00:00 mail postfix/qmgr[1]: 4F1A: from=<p@panel.example>, size=9, nrcpt=1 (queue active)"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([CLEANUP, SENT], {ONE: "sent"}),
        ([SENT, CLEANUP], {ONE: "sent"}),
        ([CLEANUP, ACTIVE], {ONE: "sent"}),
        ([CLEANUP, SENT, BOUNCED], {ONE: "failed"}),
        ([CLEANUP, BOUNCED, ACTIVE], {ONE: "failed"}),
        ([CLEANUP], {}),
        ([SENT], {}),
        ([f"relay: message-id=<{ONE}@panel.example> status=sent"], {ONE: "sent"}),
        ([f"relay: message-id=<{ONE}@other.example> status=sent"], {}),
        ([f'{{"message_id": "<{TWO}@panel.example>", "status": "Delivered"}}'], {TWO: "sent"}),
        ([f'{{"message-id": "{TWO}@panel.example", "status": "failed"}}'], {TWO: "failed"}),
        (['{"message_id": 3, "status": []}', "{broken", "[]", "", "status=sent"], {}),
    ],
)
def test_a_relays_log_tells_what_became_of_our_mails(lines: list[str], told: dict[object, str]) -> None:
    assert read_relay_log(lines, "panel.example") == told


@given(st.lists(st.one_of(st.text(max_size=80), st.sampled_from([CLEANUP, SENT, BOUNCED, ACTIVE])), max_size=20))
def test_no_log_brings_the_reader_down(lines: list[str]) -> None:
    assert set(read_relay_log(lines, "panel.example").values()) <= {"sent", "failed"}
