"""Mail to a made-up resident is sent like any other, counted by nobody, and gone with it."""

import sqlalchemy as sa
from pydantic import SecretStr

from services.notifications.deliveries.counting import messages, overview, report
from services.notifications.sending.dispatching import Dispatcher
from services.notifications.tables import Message
from shared.events.registration import MemberErased
from shared.ids import new_id
from shared.testing import Deliverer
from tests.notifications.ground import NOW, RuntimeOf, Sink, card, confirmation


async def test_its_mail_goes_out_and_is_in_no_count_and_no_list(runtime_of: RuntimeOf, sink: Sink) -> None:
    rt = await runtime_of(
        "notifications", smtp_url=SecretStr(f"smtp://127.0.0.1:{sink.port}"), synthetic_email="prove@example.org"
    )
    deliver, made_up, member_id = Deliverer(rt), new_id(), new_id()
    for id_, email in ((made_up, "Prove@example.org"), (member_id, "kari@example.org")):
        await deliver(confirmation(id_), card(id_, email=email))
    await Dispatcher().run(rt)
    assert sorted(str(mail["To"]) for mail in sink.mails) == ["Prove@example.org", "kari@example.org"]
    async with rt.transaction() as session:
        assert [line.created for line in await report(session)] == [1]
        assert (await overview(session)).counts == {"sent": 1}
        assert len((await session.execute(messages({}, "newest"))).all()) == 1
        assert rt.service.gauges is not None
        assert (await rt.service.gauges(session))["mails"] == {"sent": 1.0}
    for id_ in (made_up, member_id):
        await deliver(MemberErased(member_id=id_, erased_at=NOW))
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Message)) == 1
