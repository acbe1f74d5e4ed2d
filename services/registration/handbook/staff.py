"""The handbook's list, its pages and their pictures."""

from services.registration.handbook.reading import handbook, picture
from shared.web import Request, Response, or_404, render
from shared.web.staff import staff_required


@staff_required("reader")
async def show_handbook(request: Request) -> Response:
    """The pages by title."""
    return render(request, "registration/staff_handbook.html", {"pages": handbook()})


@staff_required("reader")
async def show_page(request: Request) -> Response:
    """One page, with the ones before and after."""
    pages = handbook()
    page = or_404(next((page for page in pages if page.name == request.path_params["name"]), None))
    place = pages.index(page)
    around = {"before": pages[place - 1] if place else None, "after": pages[place + 1] if page != pages[-1] else None}
    return render(request, "registration/staff_handbook_page.html", {"page": page, "all": len(pages)} | around)


@staff_required("reader")
async def give_picture(request: Request) -> Response:
    """A picture as the demo took it."""
    content = picture(request.path_params["name"])
    return Response(or_404(content), media_type="image/jpeg")
