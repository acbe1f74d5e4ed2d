"""What anybody can make the panel send to anybody: few mails a day, in our words alone."""

import pytest

from services.notifications.sending.dispatching import Dispatcher
from shared.events.results import SuggestionContactGiven, SuggestionReplyDue
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer
from tests.notifications.ground import SOON, Sink, html_of, states, text_of

OFFER = "Vinn en million på vinn.example"


def form(
    email: str, notice: str = "receipt", slug: str | None = None
) -> tuple[SuggestionContactGiven, SuggestionReplyDue]:
    """What results asks for when somebody fills in the form."""
    suggestion_id = new_id()
    return (
        SuggestionContactGiven(suggestion_id=suggestion_id, email=email, language="nb"),
        SuggestionReplyDue(
            suggestion_id=suggestion_id,
            notice=notice,
            status="answered",
            heading=OFFER,
            text="Takk." if notice == "answer" else "",
            slug=slug,
            generation=1,
            send_before=SOON,
        ),
    )


async def test_the_form_mails_an_address_a_few_times_a_day_however_often_it_is_filled_in(
    rt: Runtime, sink: Sink
) -> None:
    deliver = Deliverer(rt)
    for number in range(25):
        await deliver(*form(("ola@example.org", "OLA@example.org", f"ola+{number}@example.org")[number % 3]))
    await deliver(*form("per@example.org"))
    await Dispatcher().run(rt)
    assert len([mail for mail in sink.taken if mail.rcpt_tos[0].lower().startswith("ola")]) == 3
    assert len(sink.taken) == 4
    assert (await states(rt)).count(("suppressed", "receipts_enough")) == 22


@pytest.mark.parametrize("notice", ["receipt", "attachments_refused", "status", "answer"])
async def test_a_mail_repeats_nothing_a_stranger_wrote_unless_staff_have_made_it_public(
    rt: Runtime, sink: Sink, notice: str
) -> None:
    await Deliverer(rt)(*form("ola@example.org", notice))
    if notice == "answer":
        await Deliverer(rt)(*form("per@example.org", notice, slug="vinn"))
    await Dispatcher().run(rt)
    mails = {mail["To"]: f"{mail['Subject']} {text_of(mail)} {html_of(mail)}" for mail in sink.mails}
    assert "vinn.example" not in mails["ola@example.org"]
    assert "None" not in mails["ola@example.org"]
    assert "per@example.org" not in mails or OFFER in mails["per@example.org"]
