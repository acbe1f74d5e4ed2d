"""A survey's life from draft to release, played at random against a model of a few lines, on real Postgres."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.surveys.correcting.correcting import correct
from services.surveys.editing.domain import copied
from services.surveys.editing.saving import begin, questionnaires_to_ask, written
from services.surveys.fieldwork.closing import close_due_surveys, close_survey, destroy_keys
from services.surveys.fieldwork.domain import Plan
from services.surveys.fieldwork.inviting import open_due_surveys
from services.surveys.planning.planning import add_survey, cancel_plan
from services.surveys.questionnaire.shelf import shipped
from services.surveys.reminding.domain import Reminding
from services.surveys.reminding.reminding import remind_due
from services.surveys.sealing import keys_of
from services.surveys.steering.domain import SECOND_THOUGHTS, Deed
from services.surveys.steering.steering import steer
from services.surveys.tables import Response, Survey
from shared.cli import load_service
from shared.events.surveys import (
    ResponseSubmitted,
    SurveyAnswered,
    SurveyChanged,
    SurveyClosed,
    SurveyOpened,
    SurveyReminderDue,
)
from shared.ids import new_id
from shared.testing import Deliverer, make_test_runtime, move, outbox
from tests.conftest import empty
from tests.members import many
from tests.surveys.given import answer, invitations, margins

T = TypeVar("T")
MEMBERS, FIRST_FEW = 12, 6
#: Deeds that end a survey come now and then only, or most steps would follow its end.
SELDOM = st.sampled_from([False, False, False, False, True])


class Life(RuleBasedStateMachine):
    """The service on the left, a model on the right: both are told the same and must agree."""

    database_url: str
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        (self.folder / "clock").unlink(missing_ok=True)
        self.rt = make_test_runtime(load_service("surveys"), self.database_url, self.folder / "clock")
        self.run(empty(self.rt))
        self.questionnaire, self.state = "draft", "none"
        self.soft = False
        #: What each who has answered sent in last, by invitation.
        self.sent: dict[UUID, str] = {}
        self.changed = 0
        self.text = shipped()["klima"].pages[0].title.nb

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.rt.database.close())
        self.runner.close()

    # The questionnaire: draft, ready, retired.

    @initialize(begins=st.sampled_from(["open", "open", "open", "planned", "draft"]), soft=st.booleans())
    def staff_write_a_questionnaire(self, begins: str, soft: bool) -> None:
        async def go() -> None:
            await Deliverer(self.rt)(margins(), *many(self.rt.now(), MEMBERS))
            async with self.rt.transaction() as session:
                await begin(session, copied(shipped()["klima"].content(), "eget"), "Kari", self.rt.now())

        self.run(go())
        # Left to chance, hardly any survey would ever open.
        if begins != "draft":
            self.the_questionnaire_becomes("ready")
            self.staff_plan_it(soft, opens_in=0 if begins == "open" else 20, lasts=9)
        if begins == "open":
            self.time_passes(1)

    @rule(to=st.sampled_from(["ready", "retired", "ready"]))
    def the_questionnaire_becomes(self, to: str) -> None:
        async def go() -> None:
            async with self.rt.transaction() as session:
                questionnaire = await written(session, "eget", hold=True)
                assert questionnaire is not None
                questionnaire.row.ready = questionnaire.row.current
                questionnaire.row.retired_at = self.rt.now() if to == "retired" else None

        self.run(go())
        self.questionnaire = to

    # The plan.

    @precondition(lambda self: self.state == "none")
    @rule(soft=st.booleans(), opens_in=st.integers(0, 30), lasts=st.integers(2, 12))
    def staff_plan_it(self, soft: bool, opens_in: int, lasts: int) -> None:
        async def go() -> bool:
            async with self.rt.transaction() as session:
                questionnaire = (await questionnaires_to_ask(session, {})).get("eget")
                if questionnaire is None:
                    return False
                now = self.rt.now()
                self.opens_at = now + timedelta(hours=opens_in)
                self.closes_at = self.opens_at + timedelta(days=lasts)
                plan = Plan(self.opens_at, self.closes_at, self.opens_at + timedelta(days=3))
                self.id = new_id()
                return await add_survey(
                    session, self.id, questionnaire, "date", None, plan, now,
                    reminding=Reminding(again_after=3), soft_size=FIRST_FEW if soft else None,
                )  # fmt: skip

        # Only what is marked as ready can be asked.
        assert self.run(go()) == (self.questionnaire == "ready")
        if self.questionnaire == "ready":
            self.state, self.soft = "planned", soft

    @precondition(lambda self: self.state == "planned")
    @rule(really=SELDOM)
    def staff_cancel_it(self, really: bool) -> None:
        if not really:
            return

        async def go() -> bool:
            async with self.rt.transaction() as session:
                return await cancel_plan(session, self.id)

        assert self.run(go())
        self.state = "cancelled"

    # Time.

    @rule(hours=st.sampled_from([1, 5, 11, 23, 24, 25, 60, 170]))
    def time_passes(self, hours: int) -> None:
        async def go() -> None:
            move(self.rt, timedelta(hours=hours))
            for job in (open_due_surveys, remind_due, close_due_surveys, destroy_keys):
                await job(self.rt)

        self.run(go())
        now = self.rt.now()
        if self.state == "planned" and self.opens_at <= now < self.closes_at:
            self.state = "open"
        if self.state in ("open", "paused") and self.closes_at <= now:
            self.state, self.release_at = "ended", self.closes_at + SECOND_THOUGHTS
            self.changed += 1
        if self.state == "ended" and self.release_at <= now:
            self.state = "closed"

    # What staff and residents do.

    @precondition(lambda self: self.state not in ("none", "planned", "cancelled"))
    @rule(deed=st.sampled_from([deed for deed in Deed if deed is not Deed.RELEASE]), days=st.integers(1, 9))
    def staff_do_anything(self, deed: Deed, days: int) -> None:
        async def go() -> bool:
            now = self.rt.now()
            until = max(now, self.closes_at) + timedelta(days=days)
            async with self.rt.transaction() as session:
                success = await steer(session, self.id, deed, now, until) is not None
            await open_due_surveys(self.rt)
            self.now, self.until = now, until
            return success

        success, was = self.run(go()), self.state
        on_time = self.now < self.closes_at
        expected = {
            Deed.TO_ALL: was == "open" and self.soft and on_time,
            Deed.PAUSE: was == "open" and on_time,
            Deed.GO_ON: was == "paused" and on_time,
            Deed.EXTEND: was in ("open", "paused"),
            Deed.END: was in ("open", "paused") and on_time,
            Deed.REOPEN: was == "ended" and self.now < getattr(self, "release_at", self.now),
        }
        assert success == expected[deed], (was, deed)
        if not success:
            return
        self.changed += 1
        if deed is Deed.TO_ALL:
            self.soft = False
        elif deed is Deed.PAUSE:
            self.state = "paused"
        elif deed is Deed.GO_ON:
            self.state = "open"
        elif deed is Deed.EXTEND:
            self.closes_at = self.until
        elif deed is Deed.END:
            self.state, self.release_at = "ended", self.now + SECOND_THOUGHTS
        else:
            self.state, self.closes_at = "open", self.until

    @precondition(lambda self: self.state in ("open", "paused", "ended"))
    @rule(really=SELDOM)
    def staff_let_the_answers_leave(self, really: bool) -> None:
        if not really:
            return

        async def go() -> bool:
            async with self.rt.transaction() as session:
                survey = await close_survey(session, keys_of(self.rt.settings), self.id, self.rt.now())
            await destroy_keys(self.rt)
            return survey is not None

        assert self.run(go())
        self.state = "closed"

    @precondition(lambda self: self.state not in ("none", "planned", "cancelled"))
    @rule(place=st.integers(0, MEMBERS - 1), way=st.sampled_from(["gange", "bil", "sykkel"]), again=st.booleans())
    def somebody_answers(self, place: int, way: str, again: bool) -> None:
        async def go() -> tuple[UUID, bool] | None:
            rows = await invitations(self.rt, self.id)
            if not rows:
                return None
            row = rows[place % len(rows)]
            return row.id, await answer(self.rt, row.id, {"reisemate": way}, again=again)

        turn = self.run(go())
        if turn is not None:
            who, success = turn
            may = self.state == "open" and self.rt.now() < self.closes_at
            assert success == (may and (again or who not in self.sent))
            if success:
                self.sent[who] = way

    @precondition(lambda self: self.state in ("open", "paused", "ended", "closed"))
    @rule(text=st.sampled_from(["Slik reiser du", "Reiser du?", "Reisene dine"]))
    def staff_correct_a_title(self, text: str) -> None:
        async def go() -> int:
            async with self.rt.transaction() as session:
                return len(await correct(session, self.id, {("pages.0.title", "nb"): text}, self.rt.now()))

        success = self.run(go())
        may = self.state in ("open", "paused") and text != self.text
        assert success == may
        if success:
            self.text = text
            self.changed += 1

    # Rules that hold whatever was done.

    @invariant()
    def both_agree(self) -> None:
        async def look() -> tuple[list[Survey], int, list[object]]:
            async with self.rt.transaction() as session:
                rows = list(await session.scalars(sa.select(Survey)))
                resting = await session.scalar(sa.select(sa.func.count()).select_from(Response)) or 0
            return rows, resting, await outbox(self.rt)  # type: ignore[return-value]

        rows, resting, events = self.run(look())
        assert [row.state for row in rows] == ([] if self.state == "none" else [self.state])
        named = [type(event) for event in events]
        assert named.count(SurveyOpened) == (self.state not in ("none", "planned", "cancelled"))
        assert named.count(SurveyChanged) == self.changed
        assert named.count(SurveyClosed) == (self.state == "closed")
        # Every answer rests until all leave together; under five never leave.
        counts = Counter(event.answers["reisemate"] for event in events if isinstance(event, ResponseSubmitted))
        assert counts == Counter(self.sent.values() if self.state == "closed" and len(self.sent) >= 5 else ())
        assert named.count(SurveyAnswered) == len(self.sent)
        assert resting == (0 if self.state == "closed" else len(self.sent))
        keys = keys_of(self.rt.settings).surveys()
        if self.state != "none":
            assert (self.id in keys) == (self.state in ("open", "paused", "ended"))
        if rows and self.state in ("open", "paused", "ended"):
            assert rows[0].closes_at == self.closes_at
            assert rows[0].soft == self.soft
        reminded = [(event.invitation_id, event.reminder) for event in events if isinstance(event, SurveyReminderDue)]
        assert len(set(reminded)) == len(reminded)
        assert {number for _, number in reminded} <= {1, 2}


def test_a_surveys_life_is_the_models(database_url: str, tmp_path: Path) -> None:
    machine = type("Life", (Life,), {"database_url": database_url, "folder": tmp_path})
    run_state_machine_as_test(machine, settings=settings(max_examples=12, stateful_step_count=25, deadline=None))
