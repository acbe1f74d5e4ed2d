"""Sessions on the own page: a sealed cookie that counts as long as its row is there."""

from hashlib import sha256
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.tables import MemberSession
from shared.ids import random_id
from shared.service import Runtime
from shared.web import Request, Response, runtime
from shared.web.forms import as_id

_SECONDS = 3600
_COOKIE = "me"
#: The cookie of addresses that have signed in from this browser: a stranger cannot use up their mails.
_KNOWN = "known"
_KNOWN_SECONDS = 400 * 24 * 3600
_MOST_KNOWN = 5


async def signed_in(request: Request, member_id: UUID | None) -> bool:
    """Whether this browser has signed in as the member, and the session has not been ended."""
    return await session_of(request, member_id) is not None


async def session_of(request: Request, member_id: UUID | None) -> UUID | None:
    """The session in which this browser is the member, or None."""
    rt = runtime(request)
    content = rt.sealed.get(request, _COOKIE, member_id) if member_id else None
    session_id = as_id(str(content.get("session"))) if content else None
    if session_id is None:
        return None
    async with rt.transaction() as session:
        row = await session.get(MemberSession, session_id)
    return session_id if row is not None and row.member_id == member_id else None


async def members_signed_in(request: Request) -> list[UUID]:
    """Who has signed in from this browser: one tablet may have two people."""
    prefix = f"__Host-{_COOKIE}-"
    ids = [as_id(name.removeprefix(prefix)) for name in request.cookies if name.startswith(prefix)]
    return [id_ for id_ in ids if id_ is not None and await signed_in(request, id_)]


async def start_session(session: AsyncSession, member_id: UUID, opened_with: UUID) -> UUID:
    """A new session of a locked member, opened by the browser that holds ``opened_with``."""
    started = MemberSession(id=random_id(), member_id=member_id, opened_with=opened_with)
    session.add(started)
    return started.id


async def session_opened_with(session: AsyncSession, member_id: UUID, opened_with: UUID) -> UUID | None:
    """The session this browser's link has opened already: the second click of two finds it."""
    return await session.scalar(
        sa.select(MemberSession.id).where(
            MemberSession.member_id == member_id, MemberSession.opened_with == opened_with
        )
    )


def set_cookies(request: Request, response: Response, member_id: UUID, session_id: UUID, email_key: str) -> None:
    """Give the browser the member's session, and a longer-lived mark of the address."""
    rt = runtime(request)
    rt.sealed.set(response, _COOKIE, member_id, {"session": str(session_id)}, _SECONDS)
    keys = [_digest(email_key), *(key for key in _known(request) if key != _digest(email_key))]
    rt.sealed.set(response, _KNOWN, "addresses", {"keys": keys[:_MOST_KNOWN]}, _KNOWN_SECONDS)


def is_known(request: Request, email_key: str) -> bool:
    """Whether somebody has signed in with the address from this browser before."""
    return _digest(email_key) in _known(request)


def _known(request: Request) -> list[str]:
    content: dict[str, Any] = runtime(request).sealed.get(request, _KNOWN, "addresses") or {}
    return list(content.get("keys", []))


def _digest(email_key: str) -> str:
    return sha256(email_key.encode()).hexdigest()[:16]


async def end_sessions(session: AsyncSession, member_id: UUID, only: UUID | None) -> None:
    """End one session, or every session of the member."""
    mine = sa.delete(MemberSession).where(MemberSession.member_id == member_id)
    await session.execute(mine.where(MemberSession.id == only) if only else mine)


async def forget_old_sessions(rt: Runtime) -> None:
    """Job: a session whose cookie has run out is over."""
    over = MemberSession.signed_in_at < sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, _SECONDS)
    async with rt.transaction() as session:
        await session.execute(sa.delete(MemberSession).where(over))


def clear_cookie(request: Request, response: Response, member_id: UUID) -> None:
    """Take the cookie away too."""
    runtime(request).sealed.clear(response, _COOKIE, member_id)
