"""The member asks for everything, sees which services have answered, and takes the file along."""

import json

from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.data_file.gathering import KEPT_FOR, ask_everybody, missing, request_of, whole_file
from services.registration.erasing import ERASING_SERVICES
from services.registration.my_page.store import OwnPage, own_page
from services.registration.signing_in.pages import sign_in_form
from services.registration.signing_in.sessions import signed_in
from services.registration.store import in_panel, lock_member
from shared.web import Request, Response, attached, render, runtime, see_other
from shared.web.forms import as_id, read_form


async def show_gathering(request: Request) -> Response:
    """What has been asked for, and who has answered."""
    member_id = as_id(request.query_params.get("id"))
    if member_id is None or not await signed_in(request, member_id):
        return see_other("/me")
    async with runtime(request).transaction() as session:
        data_request = await request_of(session, member_id)
    context = {
        "id": member_id,
        "asked": data_request,
        "done": len(ERASING_SERVICES) - len(missing(data_request)),
        "all": len(ERASING_SERVICES),
        "days": KEPT_FOR.days,
    }
    return render(request, "registration/me_data.html", context)


async def ask_for_data(request: Request) -> Response:
    """Ask every service for what it keeps."""
    rt = runtime(request)
    member_id = (await read_form(request)).id()
    if not await signed_in(request, member_id):
        return await sign_in_form(request, was_signed_in=True)
    await request.app.state.limiter.check(request, "details")
    async with rt.transaction() as session:
        if in_panel(await lock_member(session, member_id)):
            await ask_everybody(session, member_id, rt.now())
    return see_other(f"/me/gathering?id={member_id}")


async def take_data_along(request: Request) -> Response:
    """Everything gathered so far, as a file."""
    member_id = as_id(request.query_params.get("id"))
    if member_id is None or not await signed_in(request, member_id):
        return see_other("/me")
    async with runtime(request).transaction() as session:
        page = await own_page(session, member_id)
        return await data_file(session, page) if page else see_other("/me")


async def data_file(session: AsyncSession, page: OwnPage) -> Response:
    """The file as a download, the same for the member and the officer."""
    content = json.dumps(await whole_file(session, page), indent=2, ensure_ascii=False)
    return Response(content, media_type="application/json", headers=attached("innbyggerpanelet-mine-data.json"))
