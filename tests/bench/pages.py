"""Form POSTs a second (two mapped rows, joining, a survey to its end) against a bare transaction of two inserts."""

from datetime import timedelta
from itertools import count as counter

import httpx

from deploy.demo.browser import FormReader
from services.surveys.fieldwork.domain import Plan
from services.surveys.fieldwork.inviting import open_due_surveys
from services.surveys.planning.planning import add_survey
from services.surveys.questionnaire.shelf import shipped
from services.surveys.tables import Invitation
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer
from tests.bench.ground import Ground
from tests.bench.load import post, rate
from tests.bench.measure import alternate
from tests.members import many
from tests.surveys.given import invitations

REQUESTS = 2000
ROUNDS = 5


async def mapped_posts(ground: Ground) -> None:
    """Two rows through SQLAlchemy's session and nothing else: no form of ours can be nearer to its floor than this."""
    async with ground.database() as url, ground.bare_app(url) as bare:

        async def sent(path: str) -> float:
            return await rate(bare, [[post(bare, path, [("name", "Kari Eksempel")])] for _ in range(REQUESTS)])

        await alternate("two mapped rows", "POST/s", lambda: sent("/orm"), lambda: sent("/join"), ROUNDS, goal=0.0)


async def join_posts(ground: Ground) -> None:
    """Sign-ups a second, each of another address."""
    numbers = counter(1)
    async with (
        ground.database() as url,
        ground.topics() as kafka,
        ground.bare_app(url) as bare,
        ground.serving("registration", url, kafka) as port,
    ):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            stamp = FormReader((await client.get("/join")).text).hidden

        def sign_up(to: int) -> bytes:
            fields = {
                **stamp, "website": "", "name": "Kari Eksempel", "email": f"beboer{next(numbers)}@example.org",
                "year_of_birth": "1985", "gender": "female", "postcode": "1337", "language": "nb",
                "purposes": "surveys", "old_enough": "yes",
            }  # fmt: skip
            return post(to, "/join", list(fields.items()))

        async def product() -> float:
            return await rate(port, [[sign_up(port)] for _ in range(REQUESTS)])

        async def floor() -> float:
            return await rate(bare, [[sign_up(bare)] for _ in range(REQUESTS)])

        await alternate("join POST", "POST/s", product, floor, ROUNDS, goal=0.3)


async def answer_posts(ground: Ground) -> None:
    """Page POSTs a second of people who answer the climate survey from the first page to the last."""
    people = REQUESTS // 4
    async with (
        ground.database() as url,
        ground.topics() as kafka,
        ground.bare_app(url) as bare,
        ground.serving("surveys", url, kafka) as port,
    ):
        rt = ground.runtime("surveys", url)
        try:
            invitation_ids = await _invited(rt, people * ROUNDS)
            steps = await _steps(rt, port, invitation_ids.pop())
            queue = iter(invitation_ids)
            expires = rt.now() + timedelta(days=1)

            async def product() -> float:
                async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
                    scripts = []
                    for invitation in [row for row, _ in zip(queue, range(people - 1), strict=False)]:
                        token = rt.links.make("survey", invitation.id, 1, expires)
                        page = await client.get(f"/surveys/answer/{token}")
                        cookie = page.headers["set-cookie"].split(";")[0]
                        client.cookies.clear()
                        scripts.append(
                            [post(port, path, [*form, ("id", str(invitation.id))], cookie) for path, form in steps]
                        )
                return await rate(port, scripts)

            async def floor() -> float:
                return await rate(bare, [[post(bare, "/join", form) for _, form in steps] for _ in range(people)])

            await alternate("answer POST", "POST/s", product, floor, ROUNDS, goal=0.3)
        finally:
            await rt.database.close()


async def _invited(rt: Runtime, people: int) -> list[Invitation]:
    survey_id, now = new_id(), rt.now()
    deliver = Deliverer(rt)
    await deliver(*many(now, people + 1))
    async with rt.transaction() as session:
        times = Plan(opens_at=now, closes_at=now + timedelta(days=14), reminder_at=None)
        await add_survey(session, survey_id, shipped()["klima"], "now", None, times, now)
    await open_due_surveys(rt)
    return await invitations(rt, survey_id)


async def _steps(rt: Runtime, port: int, invitation: Invitation) -> list[tuple[str, list[tuple[str, str]]]]:
    """What one person posts, page by page, noted while doing it once; without the id."""
    token = rt.links.make("survey", invitation.id, 1, rt.now() + timedelta(days=1))
    steps: list[tuple[str, list[tuple[str, str]]]] = []
    headers = {"Origin": f"http://127.0.0.1:{port}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
        start = await client.get(f"/surveys/answer/{token}")
        client.headers["Cookie"] = start.headers["set-cookie"].split(";")[0]
        path = f"/surveys/answer/1?id={invitation.id}"
        while True:
            page = await client.get(path)
            form = FormReader(page.text)
            if not form.fields:
                return steps
            fields = [*form.hidden.items(), ("action", "next")]
            for name, field in form.fields.items():
                fields.append((name, field.values[0] if field.kind in ("radio", "checkbox") else "12"))
            answer = await client.post(path.split("?")[0], data=dict(fields))
            if answer.status_code != 303:
                raise RuntimeError(f"page answered {answer.status_code}")
            steps.append((path.split("?")[0], [(name, value) for name, value in fields if name != "id"]))
            path = answer.headers["location"]
