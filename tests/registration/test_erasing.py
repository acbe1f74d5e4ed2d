"""After each way of erasing, every link, session, event and file there is leaves the erased row empty."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from services.registration.importing.taking_in import import_members
from services.registration.joining.domain import JoinInput
from services.registration.signing_in.sending import send_links
from services.registration.tables import AddressChange, Member, MemberSession, SignInAsked
from shared.events import notifications, surveys
from shared.events.registration import ConfirmationRequested, ContactChanged, MemberJoined, SignInRequested
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, outbox, sign_in
from tests.registration.given import DETAILS, FORM, confirm, link, send, signed_in

Erase = Callable[[Runtime, httpx.AsyncClient, UUID], Awaitable[None]]


async def leave(_: Runtime, resident: httpx.AsyncClient, member_id: UUID) -> None:
    """The member leaves on the own page."""
    await resident.post("/me", data={"id": str(member_id), "action": "leave", "sure": "yes"})


async def be_erased(rt: Runtime, _: httpx.AsyncClient, member_id: UUID) -> None:
    """The officer erases on request."""
    async with browser(rt) as officer:
        sign_in(rt, officer, "dpo")
        await officer.post(f"/staff/registration/members/{member_id}/erase", data={"sure": "yes"})


@pytest.mark.parametrize("erase", [leave, be_erased])
async def test_an_erased_row_stays_empty_whatever_comes_in(rt: Runtime, erase: Erase) -> None:
    async with browser(rt) as resident, browser(rt) as other:
        member_id = await signed_in(resident, rt)
        me = {"id": str(member_id)}
        (joining,) = await outbox(rt, ConfirmationRequested)
        await resident.post("/me/details", data={**me, **DETAILS, "email": "ny@example.org"})
        moving = (await outbox(rt, ConfirmationRequested))[-1]
        assert isinstance(joining, ConfirmationRequested)
        assert isinstance(moving, ConfirmationRequested)
        assert moving.about == "address"
        tokens = {
            f"/me/address/{rt.links.make('confirm', moving.member_id, 1, moving.link_expires_at)}",
            f"/join/confirm/{rt.links.make('confirm', member_id, 1, joining.link_expires_at)}",
            f"/me/sign-in/{await link(resident, rt)}",
        }
        for path in tokens:
            await other.get(path, follow_redirects=True)  # opened before, not pressed yet
        await other.post("/me/ask", data={"email": "kari@example.org"})  # asked for, not looked up yet

        await erase(rt, resident, member_id)
        async with browser(rt) as late:
            for path in tokens:
                await late.get(path, follow_redirects=True)
            for client in (resident, other, late):
                for path, form in (
                    ("/me/address", {"id": str(moving.member_id)}),
                    ("/join/confirm", me),
                    ("/me/sign-in", me),
                    ("/me/details", {**me, **DETAILS}),
                    ("/me/purposes", {**me, "purposes": ["surveys"]}),
                    ("/me", {**me, "action": "resume"}),
                ):
                    await client.post(path, data=form)
        await send_links(rt)
        deliver = Deliverer(rt)
        await deliver(notifications.MemberUnreachable(member_id=member_id, reason="x", since=rt.now()))
        await deliver(notifications.ContactCardMissing(member_id=member_id))
        await deliver(notifications.ContactCardMissing(member_id=moving.member_id))
        for wish in (True, False):
            await deliver(
                notifications.MailPreferenceChanged(
                    member_id=member_id, purpose="meetings", wanted=wish, changed_at=rt.now()
                )
            )
        await deliver(
            surveys.SurveyInvitationIssued(
                invitation_id=new_id(), survey_id=new_id(), member_id=member_id, generation=1,
                link_expires_at=rt.now(), send_before=rt.now(),
            )
        )  # fmt: skip
        await _assert_empty(rt, member_id)
        assert await outbox(rt, ContactChanged, SignInRequested, ConfirmationRequested) == []

        # The person may come back, by the form or in a file, as somebody new.
        await send(other, rt)
        again = (await outbox(rt, ConfirmationRequested))[-1]
        assert isinstance(again, ConfirmationRequested)
        await confirm(other, rt, again)
        assert again.member_id != member_id
    row = JoinInput.model_validate({**FORM, "email": "ny@example.org"})
    async with rt.transaction() as session:
        assert await import_members(session, [row], rt.now()) == 1
    await _assert_empty(rt, member_id)
    assert len(await outbox(rt, MemberJoined)) == 2


async def _assert_empty(rt: Runtime, member_id: UUID) -> None:
    async with rt.transaction() as session:
        member = await session.get_one(Member, member_id)
        blank = (member.name, member.email, member.email_key, member.year_of_birth, member.gender, member.area)
        assert (member.status, set(blank), member.unreachable_since) == ("erased", {None}, None)
        for table in (AddressChange, MemberSession):
            statement = sa.select(sa.func.count()).select_from(table).where(table.member_id == member_id)
            assert await session.scalar(statement) == 0
        unsent = sa.select(sa.func.count()).select_from(SignInAsked).where(SignInAsked.sent.is_(None))
        assert await session.scalar(unsent) == 0
        tables = ("asked", "spared", "drawn", "consent", "sign_up")
        for name in tables:
            rows = sa.text(f"select count(*) from registration.{name} where member_id = :id")
            assert await session.scalar(rows, {"id": member_id}) == 0, name
