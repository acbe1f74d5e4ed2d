"""A form sent after the session ran out is not lost."""

from collections.abc import Awaitable, Callable

from deploy.demo.browser import FormReader
from shared.service import Runtime
from shared.testing import browser, sign_in

RuntimeOf = Callable[..., Awaitable[Runtime]]


async def test_what_was_typed_comes_back_and_can_be_sent_again(runtime_of: RuntimeOf) -> None:
    rt = await runtime_of("surveys")
    fields = {"questionnaire": "klima", "opens": "now", "closes_on": "<b>aldri</b>\n«snart»"}
    async with browser(rt) as client:
        page = await client.post("/staff/surveys/plan", data=fields)
        assert page.status_code == 401
        assert "Logg inn i en ny fane" in page.text
        assert "<b>aldri" not in page.text
        form = FormReader(page.text)
        assert set(form.fields) == set(fields)
        sign_in(rt, client, "editor")
        again = await client.post("/staff/surveys/plan", data=fields)
        assert again.status_code == 422, "the page itself answers now"


async def test_a_page_asked_for_without_a_session_leads_to_sign_in(runtime_of: RuntimeOf) -> None:
    rt = await runtime_of("surveys")
    async with browser(rt) as client:
        answer = await client.get("/staff/surveys")
        filtered = await client.get("/staff/surveys?state=open&page=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/login?next=/staff/surveys")
    assert filtered.headers["location"] == "/staff/login?next=/staff/surveys%3Fstate%3Dopen%26page%3D2"


async def test_a_long_form_is_kept_and_of_a_large_file_it_is_said_what_to_do(runtime_of: RuntimeOf) -> None:
    rt = await runtime_of("registration")
    page, long = "/staff/registration/channels", {f"text.{number}": "ø" * 50 for number in range(1_500)}
    async with browser(rt) as client:
        answer = await client.post(page, data=long)
        assert answer.status_code == 401
        assert len(FormReader(answer.text).fields) == 1_500
        file = {"file": ("medlemmer.csv", b"navn;e-post\r\n" * 200_000, "text/csv")}
        too_large = await client.post("/staff/registration/import", files=file)
    assert too_large.status_code == 401, "nobody is told that a file is too large who only has to sign in again"
    assert "velg filen og send skjemaet på nytt" in too_large.text
    assert "Send skjemaet på nytt</button>" not in too_large.text
