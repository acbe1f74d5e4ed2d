"""The member list, the look-up of one person, the person's page, and the receipts of erasures."""

from uuid import UUID

import sqlalchemy as sa

from services.registration.data_file.gathering import ask_everybody, missing, request_of
from services.registration.data_file.pages import data_file
from services.registration.erasing import ERASING_SERVICES, erase
from services.registration.member_list import store
from services.registration.member_list.doubles import doubles
from services.registration.my_page.store import own_page
from services.registration.places import place_name
from services.registration.population.domain import band_text
from services.registration.population.store import newest_margins
from services.registration.store import in_panel, lock_member
from services.registration.synthetic.domain import SOURCE
from services.registration.tables import Channel, Member
from shared.database import count_rows
from shared.service import Runtime
from shared.strata import PERSON
from shared.web import Request, Response, or_404, render, runtime, see_other
from shared.web.forms import as_id, read_form
from shared.web.lists import PER_PAGE, list_view
from shared.web.staff import audit, audit_of, staff_required
from shared.web.tables import table_file

STATUSES = {"active": "Med", "paused": "Pause", "erased": "Slettet"}
_COLUMNS = ("id", "kjønn", "fødselsår", "postnummer", "status", "med_siden", "kanal", "kilde", "epost_i_retur_siden")


async def _filters(rt: Runtime) -> store.Filters:
    async with rt.transaction() as session:
        margins = await newest_margins(session)
        return store.Filters(
            bands=margins.bands if margins else (),
            year=margins.year if margins else rt.today().year,
            channels=(await session.scalars(sa.select(Channel).order_by(Channel.name))).all(),
            areas=await store.areas(session),
            sharers=(await doubles(session)).keys(),
        )


@staff_required("reader")
async def show_members(request: Request) -> Response:
    """Members by strata, without names; as a page, or as a file (which leaves an audit row)."""
    rt = runtime(request)
    filters = await _filters(rt)
    view = list_view(request, filters.allowed(), store.ORDERS)
    members = store.chosen(view, filters)
    async with rt.transaction() as session:
        total = await count_rows(session, members)
        rows = (await session.execute(view.part(members))).all()
        if view.form:
            await audit(
                session, request, "registration.members.exported", None, count=total, filters=dict(view.filters)
            )
    if view.form:
        zone = rt.settings.zone
        lines = (
            [str(row.id), PERSON.get(row.gender), row.year_of_birth, row.area, STATUSES[row.status],
             row.joined_at.astimezone(zone).date().isoformat(), row.channel, row.source,
             row.unreachable_since.astimezone(zone).date().isoformat() if row.unreachable_since else None]
            for row in rows
        )  # fmt: skip
        return table_file("medlemmer", _COLUMNS, lines, view.form)
    context = {"rows": rows, "total": total, "view": view, "filters": filters, "genders": PERSON}
    context |= {
        "statuses": STATUSES,
        "place_name": place_name,
        "bands": [(b.code, band_text(b)) for b in filters.bands],
    }
    context |= {"channels": [(c.code, c.name) for c in filters.channels]}
    context |= {"areas": [(area, f"{area} {place_name(area) or ''}") for area in filters.areas]}
    return render(request, "registration/staff_members.html", context)


@staff_required("reader")
async def look_up(request: Request) -> Response:
    """Find one person by name or address. The text stays out of addresses and logs; that somebody looked does not.

    For a reply to a meeting, those found lead to its form for the phone, which knows nobody's name.
    """
    rt = runtime(request)
    form = await read_form(request)
    text, meeting_id = form.get("who") or "", as_id(form.get("meeting"))
    context: dict[str, object] = {"found": [], "meeting_id": meeting_id, "form": {"who": text}}
    if len(text) < 3:
        errors = {"who": "Skriv minst tre tegn av navnet, eller hele e-postadressen"}
        return render(request, "registration/staff_found.html", context | {"errors": errors}, 422)
    async with rt.transaction() as session:
        members = await store.look_up(session, text)
        await audit(session, request, "registration.member.looked_up", None, found=len(members))
        for member in members:
            await audit(session, request, "registration.member.found", member.id)
    return render(request, "registration/staff_found.html", context | {"found": members, "most": store.MOST_FOUND})


@staff_required("reader")
async def show_person(request: Request) -> Response:
    """Everything about one member; that it was looked at is an audit row."""
    rt = runtime(request)
    async with rt.transaction() as session:
        member, consents = or_404(await store.person(session, request.path_params["id"]))
        if member.status != "erased":
            await audit(session, request, "registration.member.seen", member.id)
        history = await audit_of(session, member.id)
        page = await own_page(session, member.id)
        double = (await doubles(session)).get(member.id)
        data_request = await request_of(session, member.id)
    context = {
        "member": member,
        "consents": consents,
        "history": history,
        "asked": data_request,
        "missing": missing(data_request),
        "genders": PERSON,
        "statuses": STATUSES,
        "place": place_name(member.area or ""),
        "page": page,
        "meetings": [row for row in page.draws if row.starts_at > rt.now() and not row.cancelled] if page else [],
        "double": double,
        "done": request.query_params.get("done", ""),
    }
    return render(request, "registration/staff_person.html", context)


@staff_required("editor", "dpo")
async def take_data_out(request: Request) -> Response:
    """Everything about one member as the file the own page gives, for somebody who asked by phone or letter."""
    rt = runtime(request)
    member_id: UUID = request.path_params["id"]
    async with rt.transaction() as session:
        page = or_404(await own_page(session, member_id))
        await audit(session, request, "registration.member.data_taken_out", member_id)
        return await data_file(session, page)


@staff_required("editor", "dpo")
async def ask_for_data(request: Request) -> Response:
    """Ask every service for what it keeps about somebody who asked by phone or letter."""
    rt = runtime(request)
    await read_form(request)
    async with rt.transaction() as session:
        member = or_404(in_panel(await lock_member(session, request.path_params["id"])))
        await ask_everybody(session, member.id, rt.now())
        await audit(session, request, "registration.member.data_asked_for", member.id)
    return see_other(f"/staff/registration/members/{member.id}?saved=asked")


@staff_required("editor", "dpo")
async def erase_on_request(request: Request) -> Response:
    """Erase somebody who asked by phone or letter; asks once more first."""
    rt = runtime(request)
    form = await read_form(request)
    async with rt.transaction() as session:
        member = or_404(in_panel(await lock_member(session, request.path_params["id"])))
        if form.get("sure") != "yes":
            return render(request, "registration/staff_erase.html", {"member": member})
        await erase(session, member, rt.now())
        await audit(session, request, "registration.member.erased_on_request", member.id)
    return see_other("/staff/registration/erasures?saved=1")


@staff_required("reader")
async def show_erasures(request: Request) -> Response:
    """Who was erased (ids only), and what each service has confirmed."""
    rt = runtime(request)
    view = list_view(request, {}, ("newest",))
    async with rt.transaction() as session:
        ids = sa.select(Member.id).where(Member.status == "erased", Member.source != SOURCE)
        total = await count_rows(session, ids)
        erasures = await store.erasures(session, view.offset, PER_PAGE)
    context = {"found": erasures, "total": total, "view": view, "services": ERASING_SERVICES}
    return render(request, "registration/staff_erasures.html", context)
