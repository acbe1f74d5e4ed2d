"""The last results on the front page."""

import re
from datetime import timedelta

from shared.events import results
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser


async def test_the_front_page_marks_what_is_written_in_bokmal_alone(rt: Runtime) -> None:
    survey = new_id()
    await Deliverer(rt)(
        results.ResultsPublished(
            survey_id=survey, slug="klima", published_at=rt.now(), heading={"nb": "Klima", "nn": "Klima på nynorsk"},
            finding={"nb": "Mange kjører <bil>"},
        ),
        results.FollowUpRecorded(
            follow_up_id=new_id(), about="survey", about_id=survey, slug="klima", done={"nb": "Flere busser"},
            done_on="2026-11-01", recorded_at=rt.now(),
        ),
    )  # fmt: skip
    async with browser(rt) as client:
        page, bokmal = [(await client.get(f"/?lang={code}")).text for code in ("nn", "nb")]
    for text in ("Mange kjører &lt;bil&gt;", "Flere busser"):
        assert f'<span lang="nb">{text}</span>' in page
    assert ">Klima på nynorsk</a>" in page
    assert '<span lang="nb">' not in bokmal


async def test_the_front_page_shows_the_last_result_with_its_picture_when_it_has_one(rt: Runtime) -> None:
    def result(slug: str, days: int, picture: dict[str, str] | None) -> results.ResultsPublished:
        at = rt.now() + timedelta(days=days)
        return results.ResultsPublished(survey_id=new_id(), slug=slug, published_at=at, picture=picture)

    deliver = Deliverer(rt)
    async with browser(rt) as client:
        await deliver(result("skole", -3, {"nb": "Hva med skolen?"}), result("klima", -2, {"nb": "Hva <bør> vi?"}))
        page = (await client.get("/?lang=nn")).text
        (picture,) = re.findall(r'<img class="panel-tile__picture"[^>]*>', page)
        assert f'src="/results/klima/picture-nn.svg?{rt.profile.version}"' in picture
        assert 'alt="Diagram over svara på «Hva &lt;bør&gt; vi?»"' in picture
        assert ">Hva &lt;bør&gt; vi?</p>" in page
        await deliver(result("tekst", -1, None))
        assert "panel-tile__picture" not in (await client.get("/")).text
