"""Staff take in a questionnaire from a file, after seeing what fits, and take one out."""

import asyncio
import base64
import binascii

from services.surveys.editing.domain import copied
from services.surveys.editing.saving import begin, new_id_of, new_mark, written
from services.surveys.exchange.files import MOST_LSS_BYTES, BadFile
from services.surveys.exchange.repeating import USUAL
from services.surveys.exchange.taking import Imported
from services.surveys.questionnaire.shelf import shelf
from shared.web import Request, Response, attached, problem, render, runtime, see_other
from shared.web.forms import read_form
from shared.web.staff import audit, staff_required

_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: How many times a repeated group may be asked, where its file does not say.
_COPIES = tuple(range(1, 11))
#: A file comes back in the confirmation as base64, which is a third longer.
_MOST_FORM = MOST_LSS_BYTES * 3 // 2


@staff_required("editor")
async def show_import(request: Request) -> Response:
    """The form that takes a file."""
    return _show(request, USUAL)


@staff_required("editor")
async def import_questionnaire(request: Request) -> Response:
    """Say what fits and what does not; with ``confirmed``, begin a questionnaire with what fits."""
    # What reads and writes workbooks is 20 MB that few days need.
    from services.surveys.exchange.lss import read_lss
    from services.surveys.exchange.reading import read_xlsform

    form, rt = await read_form(request, _MOST_FORM), runtime(request)
    number = form.get("copies") or ""
    copies = int(number) if number in map(str, _COPIES) else USUAL
    upload = form.files.get("file")
    name = (upload.filename if upload else form.get("name")) or ""
    try:
        data = await upload.read() if upload else base64.b64decode(form.get("data") or "", validate=True)
        # A large file takes seconds, in which others answer.
        if name.lower().endswith(".lss"):
            imported = await asyncio.to_thread(read_lss, data, name)
        else:
            imported = await asyncio.to_thread(read_xlsform, data, name, copies)
    except BadFile as error:
        return _show(request, copies, error=str(error), status=422)
    except binascii.Error:
        return _show(request, copies, error="Velg filen på nytt.", status=422)
    if form.get("confirmed") != "yes" or not imported.taken:
        return _show(request, copies, imported, name, base64.b64encode(data).decode())
    async with rt.transaction() as session:
        content = copied(imported.content, new_id_of(imported.content["title"]["nb"], form.get("mark")))
        if await begin(session, content, request.state.staff.name, rt.now()):
            detail = {"taken": imported.taken, "refused": len(imported.refusals)}
            await audit(session, request, "surveys.questionnaire.imported", content["id"], **detail)
    return see_other(f"/staff/surveys/editor/{content['id']}")


def _show(
    request: Request,
    copies: int,
    imported: Imported | None = None,
    name: str = "",
    data: str = "",
    error: str = "",
    status: int = 200,
) -> Response:
    context = {
        "imported": imported, "name": name, "data": data, "mark": new_mark(),
        "errors": {"file": error} if error else {},
        "copies": str(copies), "choices": [(str(number), str(number)) for number in _COPIES],
    }  # fmt: skip
    return render(request, "surveys/editor_import.html", context, status)


@staff_required("reader")
async def export_questionnaire(request: Request) -> Response:
    """The questionnaire as a file: ``yaml`` or ``xlsx``."""
    from services.surveys.exchange.writing import as_xlsform, as_yaml

    id_, form = request.path_params["id"], request.path_params["format"]
    rt = runtime(request)
    async with rt.transaction() as session:
        draft = await written(session, id_)
    template = shelf(rt.settings).get(id_)
    content = draft.content if draft else template.content() if template else None
    if content is None or form not in ("yaml", "xlsx"):
        return problem(request, 404)
    body = as_yaml(content).encode() if form == "yaml" else as_xlsform(content)
    kind = "application/yaml" if form == "yaml" else _WORKBOOK
    return Response(body, media_type=kind, headers=attached(f"{content['id']}.{form}"))
