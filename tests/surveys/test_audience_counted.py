"""The number on the page that staff confirm, for each filter, beside what plain SQL counts."""

import re
from datetime import timedelta
from random import Random

import sqlalchemy as sa

from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, sign_in
from tests.members import joined
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations
from tests.surveys.office import a_plan
from tests.surveys.test_audience import a_meeting, figures, said_yes

_COUNT = "select count(*) from surveys.member m where m.status = 'active' and 'surveys' = any(m.purposes) and "
_ANSWERED = (
    "exists (select from surveys.invitation i where i.survey_id = '{survey}' and i.member_id = m.id"
    " and i.answered_at is not null)"
)


async def test_each_filter_asks_as_many_as_the_database_holds(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey
) -> None:
    random, now, meeting = Random(14), rt.now(), new_id()
    people = [
        joined(
            now - timedelta(days=random.randrange(900), hours=random.randrange(24)),
            language=random.choice(("nb", "nn", "en", None)),
            area=random.choice(("nord", "sor", None)),
            gender=random.choice(("female", "male", "other")),
        )
        for _ in range(80)
    ]
    await deliver(figures(), *people)
    survey = await plan()
    for row in (await invitations(rt, survey.id))[::3]:
        assert await answer(rt, row.id, {"reisemate": "gange"})
    await deliver(a_meeting(meeting), *(said_yes(meeting, person.member_id) for person in people[::5]))
    day = (now - timedelta(days=400)).date().isoformat()
    since = f"(m.joined_at at time zone 'Europe/Oslo')::date >= '{day}'"
    guests = ", ".join(f"'{person.member_id}'" for person in people[::5])
    filters = [
        ({"languages": "en"}, "m.language = 'en'"),
        ({"languages": "none"}, "m.language is null"),
        ({"joined_since": day}, since),
        ({"took_part": f"survey:{survey.id}"}, _ANSWERED.format(survey=survey.id)),
        ({"took_part": f"meeting:{meeting}"}, f"m.id in ({guests})"),
        ({"joined_since": day, "languages": "nn", "areas": "nord"},
         f"{since} and m.language = 'nn' and m.area = 'nord'"),
        ({"took_part": f"survey:{survey.id}", "genders": "female"},
         f"{_ANSWERED.format(survey=survey.id)} and m.gender = 'female'"),
    ]  # fmt: skip
    async with browser(rt) as editor:
        sign_in(rt, editor, "editor")
        for chosen, condition in filters:
            page = (await editor.post("/staff/surveys/plan", data=a_plan(rt, **chosen))).text
            async with rt.transaction() as session:
                wanted = await session.scalar(sa.text(_COUNT + condition))
            said = re.search(r"inviterer <strong>([0-9]+) medlem", page)
            assert wanted, chosen
            assert said is not None, page
            assert int(said[1]) == wanted, chosen
