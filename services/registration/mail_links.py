"""Links in mails: the limit on asking for them, the cookie of an opened one, and the page for one that is over."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from shared.addresses import counted_as
from shared.database import Transaction
from shared.ids import random_id
from shared.tokens import BadLink, LinkExpired
from shared.web import Request, Response, render, runtime
from shared.web.limits import Limiter
from shared.web.links import check_link, hold_link

#: Seconds in which an opened link's button can be pressed.
_HELD_FOR = 3600
_MOST_HELD = 9

#: The link is used up, too old or incomplete, or was opened in another browser or too long ago.
Why = Literal["used", "expired", "broken", "elsewhere"]


async def may_mail(request: Request, session: Transaction, email: str) -> bool:
    """Whether one more mail may go to the address now: these forms must not fill a stranger's mailbox.

    The page does not say that none went; somebody to whom six went in an hour has the mails.
    """
    limiter: Limiter = request.app.state.limiter
    return await limiter.one_more(session, "mail_to_one", counted_as(email))


async def open_link(request: Request, purpose: str, cookie: str, page: str, *, again: str = "/join") -> Response:
    """Exchange the token in the address for a cookie and go on to ``page``; a scanner that follows changes nothing."""
    try:
        link = check_link(request, purpose)
    except LinkExpired:
        return link_over(request, again, why="expired")
    except BadLink:
        return link_over(request, again, why="broken")
    # The same mark for a link that is opened twice here: two windows are one browser.
    browser = (runtime(request).sealed.get(request, cookie, link.id) or {}).get("browser") or str(random_id())
    content = {"generation": link.generation, "expires_at": link.expires_at.isoformat(), "browser": browser}
    response = hold_link(request, page, cookie, link.id, _HELD_FOR, **content)
    _forget_oldest(request, response, cookie, link.id)
    return response


def _forget_oldest(request: Request, response: Response, cookie: str, newest: UUID) -> None:
    """Somebody who helps many others sign up has one cookie of each, and servers take only so many."""
    prefix = f"__Host-{cookie}-"
    ids = [name.removeprefix(prefix) for name in request.cookies if name.startswith(prefix)]
    for old in [id_ for id_ in ids if id_ != str(newest)][: -_MOST_HELD or None]:
        runtime(request).sealed.clear(response, cookie, old)


def held_link(request: Request, purpose: str, id_: UUID | None) -> dict[str, Any] | None:
    """What the cookie kept of a link that has not expired meanwhile."""
    rt = runtime(request)
    content = rt.sealed.get(request, purpose, id_) if id_ else None
    return content if content is not None and rt.now() < datetime.fromisoformat(content["expires_at"]) else None


def link_over(request: Request, again: str = "/join", *, why: Why) -> Response:
    """A link that does not go on from here; ``again`` is where a new one is asked for."""
    return render(request, "registration/link_over.html", {"again": again, "why": why}, status=410)
