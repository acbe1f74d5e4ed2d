"""Staff: one cookie for all five services that registration alone can sign, roles, and the audit trail."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import quote
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from shared.database import insert_new
from shared.events.registration import StaffSessionEnded
from shared.ids import new_id
from shared.mechanism import mechanism
from shared.messaging import Delivery, Subscription, subscribe
from shared.service import Runtime
from shared.settings import Settings
from shared.tokens import sign, signed
from shared.web.forms import MOST_OF_STAFF, BodyTooLarge, Form, read_form_within
from shared.web.own_address import asks_again, at_address, give_address
from shared.web.pages import runtime

COOKIE = "__Host-staff"
#: Seconds a session lasts before it is renewed against the provider.
SESSION_SECONDS = 15 * 60
#: A role includes those after it; the others stand for themselves.
ROLES = {
    "admin": ("admin", "editor", "selector", "analyst", "reader", "dpo"),
    "editor": ("editor", "selector", "analyst", "reader"),
    "selector": ("selector", "reader"),
    "analyst": ("analyst", "reader"),
    "dpo": ("dpo", "reader"),
    "reader": ("reader",),
}

#: A guarded page -> the roles its guard asks for.
_GUARDED: dict[object, tuple[str, ...]] = {}

Page = Callable[[Request], Awaitable[Response]]


class StaffRefused(Exception):
    """No session (``sign_in_path`` is where to get one) or a session without the role (None).

    ``sent``: a form came after the session had run out; ``form`` is what it held, None for one too large to keep.
    """

    def __init__(self, sign_in_path: str | None, *, sent: bool = False, form: Form | None = None) -> None:
        super().__init__()
        self.sign_in_path = sign_in_path
        self.sent = sent
        self.form = form


@dataclass(frozen=True)
class Staff:
    """A signed-in member of staff."""

    subject: str
    name: str
    roles: tuple[str, ...]
    session_id: UUID

    def may(self, role: str) -> bool:
        """Whether one of the person's roles is or includes ``role``."""
        return any(includes(own, role) for own in self.roles)


def includes(own_role: str, role: str) -> bool:
    """Whether a person with the role ``own_role`` may do what ``role`` may."""
    return role in ROLES.get(own_role, (own_role,))


def sign_in_staff(response: Response, settings: Settings, staff: Staff) -> None:
    """Set the staff cookie; only registration has the key that signs it."""
    content = {
        "subject": staff.subject,
        "name": staff.name,
        "roles": list(staff.roles),
        "session_id": str(staff.session_id),
    }
    text = sign(settings.staff_signing_key.get_secret_value(), content, SESSION_SECONDS)
    response.set_cookie(COOKIE, text, SESSION_SECONDS, path="/", secure=True, httponly=True, samesite="lax")


def read_staff(request: Request, settings: Settings) -> Staff | None:
    """The signed-in person, or None."""
    text = request.cookies.get(COOKIE)
    content = signed(settings.staff_public_key, text) if text and settings.staff_public_key else None
    if content is None:
        return None
    return Staff(content["subject"], content["name"], tuple(content["roles"]), UUID(content["session_id"]))


def staff_required(*roles: str) -> Callable[[Page], Page]:
    """Only staff with one of ``roles`` reach the page; nobody else learns even that it exists."""

    def wrap(page: Page) -> Page:
        @wraps(page)
        async def guarded(request: Request) -> Response:
            rt = runtime(request)
            staff = read_staff(request, rt.settings)
            if staff is None or await _has_ended(rt, staff.session_id):
                if request.method in ("GET", "HEAD"):
                    # With filters and page number: a list must not start over because a session had to be renewed.
                    target = f"{request.url.path}?{request.url.query}".rstrip("?")
                    raise StaffRefused(f"/staff/login?next={quote(target, safe='/')}")
                raise StaffRefused("/staff/login?next=/staff", sent=True, form=await _typed(request))
            if not any(map(staff.may, roles)):
                raise StaffRefused(None)
            request.state.staff = staff
            if asks_again(request):
                return await at_address(request, staff.subject)
            answer = await page(request)
            return await give_address(request, staff.subject, answer) if request.method == "POST" else answer

        _GUARDED[guarded] = roles
        return guarded

    return wrap


async def _typed(request: Request) -> Form | None:
    try:
        return await read_form_within(request, *MOST_OF_STAFF)
    except BodyTooLarge:
        return None


def roles_of(endpoint: object) -> tuple[str, ...] | None:
    """The roles of which one is needed for a page; None for a page that is not for staff."""
    return _GUARDED.get(endpoint)


async def _has_ended(runtime: Runtime, session_id: UUID) -> bool:
    table = mechanism(runtime.name).ended_staff_session
    async with runtime.transaction() as session:
        return await session.scalar(sa.select(table.c.session_id).where(table.c.session_id == session_id)) is not None


async def audit(
    session: AsyncSession, request: Request, action: str, subject: UUID | str | None = None, **detail: object
) -> None:
    """Store who did what to which object, in the deed's transaction; ``detail`` holds only ids and counts."""
    staff: Staff = request.state.staff
    await session.execute(
        sa.insert(mechanism(session.info["schema"]).audit_entry).values(
            id=new_id(),
            actor=staff.subject,
            actor_name=staff.name,
            action=action,
            subject=None if subject is None else str(subject),
            detail=detail,
        )
    )


async def audit_of(session: AsyncSession, subject: UUID | str, limit: int = 50) -> list[Any]:
    """Rows (at, actor_name, action, detail) about one object, newest first, for the bottom of its page."""
    table = mechanism(session.info["schema"]).audit_entry
    entries = await session.execute(
        sa.select(table).where(table.c.subject == str(subject)).order_by(table.c.at.desc()).limit(limit)
    )
    return list(entries.all())


async def remember_ended_session(session: AsyncSession, event: StaffSessionEnded, _: Delivery | None = None) -> None:
    """Refuse the session from now on."""
    table = mechanism(session.info["schema"]).ended_staff_session
    await insert_new(session, table, session_id=event.session_id, ended_at=event.ended_at)


def ended_sessions(service: str) -> Subscription:
    """The subscription by which a service refuses signed-out sessions."""
    return subscribe(f"{service}.refuse_ended_session", remember_ended_session, StaffSessionEnded)
