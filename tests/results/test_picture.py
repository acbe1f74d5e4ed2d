"""The picture of a result, as the front page shows it."""

from xml.etree import ElementTree

from shared.events.results import ResultsPublished
from shared.service import Runtime
from shared.testing import Deliverer, browser, outbox
from tests.results.test_publishing import closed, opened, publish, response


async def test_a_result_has_a_picture_of_its_own_for_the_front_page(rt: Runtime) -> None:
    deliver = Deliverer(rt)
    await deliver(opened(), closed(5), *[response(text) for text in "abcde"])
    async with browser(rt) as client:
        place = "/results/{}/picture-{}.svg".format
        assert (await client.get(place("klima", "nb"))).status_code == 404, "nothing is public yet"
        await publish(client, rt, "editor", finding="F")
        (event,) = await outbox(rt, ResultsPublished)
        assert isinstance(event, ResultsPublished)
        assert event.picture is not None
        picture = await client.get(place(event.slug, "nb"))
        assert picture.headers["content-type"] == "image/svg+xml"
        assert picture.headers["cache-control"] == "public, max-age=600"
        assert "set-cookie" not in picture.headers
        root = ElementTree.fromstring(picture.text)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "Med bil" in picture.text
        assert "prefers-color-scheme:dark" in picture.text
        assert "var(" not in picture.text, "no colour of a page reaches a picture in it"
        assert "Med bil" not in (await client.get(place(event.slug, "en"))).text
        assert event.picture["nb"] in (await client.get(f"/results/{event.slug}")).text
        for slug, code in ((event.slug, "xx"), ("no-result", "nb")):
            assert (await client.get(place(slug, code))).status_code == 404


async def test_a_result_without_figures_has_no_picture(rt: Runtime) -> None:
    deliver = Deliverer(rt)
    await deliver(opened(), closed(1), response("a"))
    async with browser(rt) as client:
        await publish(client, rt, "editor", finding="F")
        (event,) = await outbox(rt, ResultsPublished)
        assert isinstance(event, ResultsPublished)
        assert event.picture is None
        assert (await client.get(f"/results/{event.slug}/picture-nb.svg")).status_code == 404
