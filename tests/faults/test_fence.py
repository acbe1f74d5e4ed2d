"""Why a claim has a fence: a worker that was away too long must not send what another has sent meanwhile."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.sending.claiming import Try
from services.notifications.sending.dispatching import Dispatcher
from services.notifications.sending.journaling import Steps
from shared.ids import new_id
from shared.testing import Deliverer
from tests.notifications.ground import RuntimeOf, Sink, card, invitation, lease_over, mail_server, opened, states


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A mail server."""
    with mail_server() as sink:
        yield sink


@pytest.mark.parametrize(("fenced", "mails"), [(True, 1), (False, 2)])
async def test_without_the_fence_a_worker_that_wakes_up_late_sends_a_second_mail(
    runtime_of: RuntimeOf, sink: Sink, fenced: bool, mails: int
) -> None:
    rt = await runtime_of("notifications", smtp_url=SecretStr(f"smtp://127.0.0.1:{sink.port}"))
    member_id = new_id()
    await Deliverer(rt)(card(member_id), opened(), invitation(member_id))

    class Late(Steps):
        """Between claim and start it is away until its lease is over and another worker has sent."""

        def __init__(self, engine: AsyncEngine, lease_seconds: int) -> None:
            super().__init__(engine, lease_seconds)
            self._been_away = False

        async def step(self, accepted: Try | None, starting: Try | None) -> bool:
            if not self._been_away:
                self._been_away = True
                await lease_over(rt)
                await Dispatcher().run(rt)
            return await super().step(accepted, starting) or not fenced

    await Dispatcher(steps=Late).run(rt)
    assert len(sink.taken) == mails
    assert await states(rt) == [("sent", None)]
