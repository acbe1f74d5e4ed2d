"""The import page: a preview first, then the import of exactly what was shown."""

import hashlib

from services.registration.csv_file import UnreadableFile
from services.registration.importing.domain import Preview, read_members
from services.registration.importing.taking_in import import_members, known_addresses
from services.registration.joining.domain import JoinInput
from services.registration.joining.pages import joining_rules
from shared.web import Request, Response, audit, read_form, render, runtime, see_other, staff_required

_LARGEST_FILE = 2_000_000
_PREVIEW_LIFE = 3600


@staff_required("editor")
async def show_import(request: Request) -> Response:
    """Choose a file."""
    return _page(request, None, "", {}, 200)


@staff_required("editor")
async def take_file(request: Request) -> Response:
    """First a preview of the file, then, from the sealed preview, the import."""
    rt = runtime(request)
    form = await read_form(request, max_bytes=_LARGEST_FILE * 3)
    if form.get("action") == "import":
        held = rt.sealed.unseal("import", form.get("sealed") or "")
        if held is None:
            return _page(request, None, "", {"": "Forhåndsvisningen er for gammel. Velg fila på nytt."}, 422)
        rows = [JoinInput.model_validate(row) for row in held["rows"]]
        async with rt.transaction() as session:
            imported = await import_members(session, rows, rt.now())
            detail = {"imported": imported, "already_members": len(rows) - imported, "left_out": held["bad"]}
            await audit(session, request, "registration.members.imported", held["digest"], **detail)
        return see_other(f"/staff/registration?imported={imported}")
    file = form.files.get("file")
    raw = await file.read() if file else b""
    if not raw:
        return _page(request, None, "", {"file": "CSV-fil må velges. Fila du valgte, er tom."}, 422)
    if len(raw) > _LARGEST_FILE:
        return _page(request, None, "", {"file": "Fila er større enn 2 MB. Del den opp."}, 422)
    async with rt.transaction() as session:
        known = await known_addresses(session)
    try:
        preview = read_members(raw, rules=joining_rules(rt), known=known)
    except UnreadableFile as error:
        return _page(request, None, "", {"file": str(error)}, 422)
    return _page(request, preview, hashlib.sha256(raw).hexdigest()[:16], {}, 200)


def _page(request: Request, preview: Preview | None, digest: str, errors: dict[str, str], status: int) -> Response:
    sealed = ""
    if preview is not None:
        rows = [row.model_dump() for row in preview.good]
        held = {"rows": rows, "bad": len(preview.bad), "digest": digest}
        sealed = runtime(request).sealed.seal("import", held, _PREVIEW_LIFE)
    context = {"preview": preview, "sealed": sealed, "errors": errors}
    return render(request, "registration/staff_import.html", context, status)
