"""The link in the mail to a new address, and the button behind it."""

from services.registration.admitting import reach_after_change
from services.registration.mail_links import held_link, link_over, open_link
from services.registration.new_address.moving import move_to
from services.registration.store import lock_member
from services.registration.tables import AddressChange
from shared.web import Request, Response, render, runtime, see_other
from shared.web.forms import as_id, read_form

_COOKIE = "address"


async def open_new_address(request: Request) -> Response:
    """The link in the mail to the new address; the button behind it changes the address."""
    return await open_link(request, "confirm", _COOKIE, "/me/address", again="/me")


async def show_new_address(request: Request) -> Response:
    """The address, and one button; afterwards that it was done."""
    rt = runtime(request)
    change_id = as_id(request.query_params.get("id"))
    if held_link(request, _COOKIE, change_id) is None:
        return link_over(request, "/me", why="elsewhere")
    async with rt.transaction() as session:
        change = await session.get(AddressChange, change_id)
    if change is None:
        done = "done" in request.query_params
        return render(request, "registration/me_address_done.html") if done else link_over(request, "/me", why="used")
    return render(request, "registration/me_address.html", {"change": change})


async def confirm_new_address(request: Request) -> Response:
    """The button: mail goes to the new address from now on."""
    rt = runtime(request)
    change_id = (await read_form(request)).id()
    if held_link(request, _COOKIE, change_id) is None:
        return link_over(request, "/me", why="elsewhere")
    async with rt.transaction() as session:
        change_before = await session.get(AddressChange, change_id)
        member = await lock_member(session, change_before.member_id) if change_before else None
        change = await session.get(AddressChange, change_id, populate_existing=True) if change_before else None
        exists = member is not None and change is not None
        if not exists or not await move_to(session, member, change):  # type: ignore[arg-type]
            return link_over(request, "/me", why="used")
        await reach_after_change(session, rt.now())
    return see_other(f"/me/address?id={change_id}&done=yes")
