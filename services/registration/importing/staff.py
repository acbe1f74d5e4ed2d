"""The import pages: choose a file, look it over, take in exactly what was shown, and see how far it is."""

import hashlib
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.registration.csv_file import UnreadableFile
from services.registration.importing.domain import COLUMNS, CONSENTS, OPTIONAL, read_members
from services.registration.importing.taking_in import known_addresses
from services.registration.importing.working import examples, keep_preview, take_in_next
from services.registration.joining.domain import Purpose
from services.registration.joining.pages import joining_rules
from services.registration.tables import MemberImport
from shared.rules import ONE_LINE
from shared.web import Request, Response, attached, or_404, render, runtime, see_other
from shared.web.forms import FormErrors, read_form, validate
from shared.web.staff import audit, staff_required

#: The gateway lets no less through.
LARGEST_FILE = 16_000_000
_EXAMPLES = 30
_TEMPLATE = (*COLUMNS, *OPTIONAL, *CONSENTS)
_TEMPLATE_ROW = ("Kari Nordmann", "kari@example.org", "1980", "kvinne", "1337", "nb", "", "ja", "ja", "nei")
_MESSAGES = {
    "purposes": "Velg det de har samtykket til",
    "reference": "Skriv hvor samtykkene er tatt vare på, med høyst 100 tegn",
}


class ConsentsInput(BaseModel):
    """Consents of everybody in a file without columns for them, and where the consents are documented."""

    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1, max_length=3)]
    reference: Annotated[str, Field(min_length=1, max_length=100), ONE_LINE]


class ReferenceInput(BaseModel):
    """Where the consents of a file that names them are written."""

    reference: Annotated[str, Field(min_length=1, max_length=100), ONE_LINE]


@staff_required("editor")
async def show_import(request: Request) -> Response:
    """Choose a file."""
    return _choose(request, {}, 200)


def _choose(request: Request, errors: FormErrors, status: int) -> Response:
    return render(request, "registration/staff_import.html", {"errors": errors}, status)


@staff_required("editor")
async def give_template(request: Request) -> Response:
    """A list with the columns and one person, to fill in."""
    text = "\r\n".join(";".join(cells) for cells in (_TEMPLATE, _TEMPLATE_ROW))
    return Response(("\ufeff" + text).encode(), media_type="text/csv", headers=attached("medlemmer.csv"))


@staff_required("editor")
async def take_file(request: Request) -> Response:
    """Read the file and keep what it holds until it has been looked over."""
    rt = runtime(request)
    form = await read_form(request, max_bytes=LARGEST_FILE + 1_000_000)
    file = form.files.get("file")
    raw = await file.read() if file else b""
    if not raw:
        return _choose(request, {"file": "CSV-fil må velges. Filen du valgte, er tom."}, 422)
    if len(raw) > LARGEST_FILE:
        return _choose(request, {"file": "Filen er større enn 16 MB. Del den opp."}, 422)
    try:
        async with rt.transaction() as session:
            addresses = await known_addresses(session)
            parts = read_members(raw, rules=joining_rules(rt), member_keys=addresses)
            import_id = await keep_preview(session, parts, hashlib.sha256(raw).hexdigest()[:16], rt.now())
    except UnreadableFile as error:
        return _choose(request, {"file": str(error)}, 422)
    return see_other(f"/staff/registration/import/{import_id}")


@staff_required("editor")
async def show_file(request: Request) -> Response:
    """A file that is looked over, taken in, or done."""
    return await _show(request, request.path_params["id"], {}, {}, 200)


async def _show(
    request: Request, import_id: UUID, form: dict[str, object], errors: FormErrors, status: int
) -> Response:
    async with runtime(request).transaction() as session:
        file = or_404(await session.get(MemberImport, import_id))
        rows = await examples(session, file.id, _EXAMPLES) if not file.started_at else []
    context = {"file": file, "examples": rows, "form": form, "errors": errors}
    return render(request, "registration/staff_import_file.html", context, status)


@staff_required("editor")
async def start_import(request: Request) -> Response:
    """Take the file in: a small one at once, a large one by the job. A second click starts nothing."""
    rt = runtime(request)
    form = await read_form(request)
    import_id: UUID = request.path_params["id"]
    async with rt.transaction() as session:
        file = or_404(await session.get(MemberImport, import_id, with_for_update=True))
        if file.started_at is None and file.rows:
            model: type[BaseModel] = ReferenceInput if file.has_consents else ConsentsInput
            values, errors = validate(model, form, _MESSAGES, str, lists=("purposes",))
            if values is None:
                inputs = form.values() | {"purposes": form.all("purposes")}
                return await _show(request, import_id, inputs, errors, 422)
            file.purposes = list(getattr(values, "purposes", ()))
            file.reference = getattr(values, "reference")  # noqa: B009 - both models have it
            file.welcome = form.get("welcome") == "yes"
            file.started_at = rt.now()
            detail = {"rows": file.rows, "left_out": file.bad_rows + file.members_before, "purposes": file.purposes}
            detail |= {"welcome": file.welcome}
            await audit(session, request, "registration.members.imported", file.id, **detail, file=file.digest)
    await take_in_next(rt)
    return see_other(f"/staff/registration/import/{import_id}")
