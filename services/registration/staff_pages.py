"""Staff pages of registration: sign-in, the home, composition, import."""

from uuid import uuid4

import sqlalchemy as sa

from services.registration.front_pages import advice
from services.registration.importing import Preview, UnreadableFile, read_members
from services.registration.joining.domain import JoinInput, email_key
from services.registration.joining.store import add_consents, admit, contact_card, lock_member, member_by_email
from services.registration.population.domain import ATTRIBUTION, Composition, shares_by
from services.registration.population.store import composition
from services.registration.settings import registration_settings
from services.registration.tables import Member
from shared.events.registration import StaffSessionEnded
from shared.ids import new_id
from shared.messaging import emit, lock
from shared.service import Runtime
from shared.web import Request, Response, Route, audit, read_form, render, runtime, see_other, staff_required, translate
from shared.web.charts import panel_against_population
from shared.web.staff import COOKIE, finish_sign_in, remember_ended_session, start_sign_in

CARDS = (
    ("registration", "Panelet", "Medlemmer, sammensetning og import."),
    ("surveys", "Undersøkelser", "Planlegg, følg med og steng."),
    ("results", "Resultater", "Gå gjennom og publiser."),
    ("meetings", "Møter", "Plasser, svar og referat."),
    ("notifications", "Utsendinger", "E-poster som er sendt, venter eller feilet."),
)
_LARGEST_FILE = 2_000_000
_PREVIEW_LIFE = 3600


@staff_required("reader")
async def show_home(request: Request) -> Response:
    """One card per service; each service makes its own, the browser puts them together."""
    return render(request, "shell/staff_home.html", {"todo": [], "cards": CARDS})


async def _composition(rt: Runtime) -> Composition:
    async with rt.transaction() as session:
        return await composition(session)


@staff_required("reader")
async def show_panel(request: Request) -> Response:
    """The panel against goal and population."""
    texts = translate(request)
    panel = await _composition(runtime(request))
    rows = [
        (f"{band} år", panel, population)
        for band, (panel, population) in sorted(shares_by(panel.cells, "band").items())
    ]
    context = {
        "composition": panel,
        "goal": registration_settings().goal_size,
        "missing": advice(panel, texts.gettext),
        "attribution": ATTRIBUTION,
        "picture": panel_against_population(
            "Panelet mot befolkningen etter alder", "Streken viser befolkningen", rows, texts.percent
        ),
    }
    return render(request, "registration/staff.html", context)


@staff_required("reader")
async def show_card(request: Request) -> Response:
    """registration's card on the staff home."""
    panel = await _composition(runtime(request))
    context = {
        "size": panel.size,
        "goal": registration_settings().goal_size,
        "missing": advice(panel, translate(request).gettext),
    }
    return render(request, "registration/staff_card.html", context)


@staff_required("editor")
async def show_import(request: Request) -> Response:
    """Choose a file."""
    return render(request, "registration/import.html", {"preview": None})


@staff_required("editor")
async def import_members(request: Request) -> Response:
    """First a preview of the file, then, from the sealed preview, the import."""
    rt = runtime(request)
    form = await read_form(request, max_bytes=_LARGEST_FILE * 3)
    if form.get("action") == "import":
        held = rt.sealed.unseal("import", form.get("sealed") or "")
        if held is None:
            return _import_page(request, None, {"": "Forhåndsvisningen er for gammel. Velg fila på nytt."}, 422)
        imported = await _import(request, [JoinInput.model_validate(row) for row in held["rows"]])
        return see_other(f"/staff/registration?imported={imported}")
    file = form.files.get("file")
    raw = await file.read() if file else b""
    if not raw:
        return _import_page(request, None, {"file": "CSV-fil må velges"}, 422)
    async with rt.transaction() as session:
        known = frozenset(await session.scalars(sa.select(Member.email_key).where(Member.email_key.is_not(None))))
    try:
        preview = read_members(
            raw,
            today=rt.today(),
            minimum_age=registration_settings().minimum_age,
            known=frozenset(k for k in known if k),
        )
    except UnreadableFile as error:
        return _import_page(request, None, {"file": str(error)}, 422)
    return _import_page(request, preview, {}, 200)


def _import_page(request: Request, preview: Preview | None, errors: dict[str, str], status: int) -> Response:
    rows = [row.model_dump() for row in preview.good] if preview else []
    sealed = runtime(request).sealed.seal("import", {"rows": rows}, _PREVIEW_LIFE)
    return render(request, "registration/import.html", {"preview": preview, "sealed": sealed, "errors": errors}, status)


async def _import(request: Request, rows: list[JoinInput]) -> int:
    """Every person in one transaction: a file is imported as a whole or not at all. Known addresses are left alone."""
    rt, rules = runtime(request), registration_settings()
    now, imported = rt.now(), 0
    async with rt.transaction() as session:
        for row in rows:
            if await member_by_email(session, row.email) is not None:
                continue
            member_id = new_id()
            session.add(
                Member(
                    id=member_id,
                    status="applicant",
                    name=row.name,
                    email=row.email,
                    email_key=email_key(row.email),
                    year_of_birth=row.year_of_birth,
                    gender=row.gender,
                    area=row.postcode,
                    language=row.language,
                    source="import",
                    signed_up_at=now,
                )
            )
            await session.flush()
            member = await lock_member(session, member_id)
            assert member is not None
            add_consents(session, member, row.purposes, now, rules.consent_version, "import")
            await session.flush()
            await emit(session, contact_card(member))
            await admit(session, member, now)
            imported += 1
        await audit(session, request, "registration.members.imported", uuid4(), count=imported)
    return imported


@staff_required("reader")
async def sign_out(request: Request) -> Response:
    """End the session here and, by event, everywhere."""
    rt, staff = runtime(request), request.state.staff
    await read_form(request)
    event = StaffSessionEnded(session_id=staff.session_id, ended_at=rt.now())
    async with rt.transaction() as session:
        await lock(session, staff.session_id)
        await remember_ended_session(session, event)
        await emit(session, event)
    response = see_other("/")
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return response


PAGES = [
    Route("/staff", show_home),
    Route("/staff/login", start_sign_in),
    Route("/staff/callback", finish_sign_in),
    Route("/staff/logout", sign_out, methods=["POST"]),
    Route("/staff/registration", show_panel),
    Route("/staff/registration/card", show_card),
    Route("/staff/registration/import", show_import),
    Route("/staff/registration/import", import_members, methods=["POST"]),
]
