"""One life of a survey in which staff do everything they can, and some things they cannot, at least once.

The random lives of ``test_life_machine`` may miss a deed; this one does not, and asks the same model.
"""

from datetime import timedelta
from pathlib import Path

from services.surveys.steering.domain import SECOND_THOUGHTS, Deed
from shared.events.surveys import SurveyReminderDue
from shared.testing import move, outbox
from tests.surveys.given import move_to_work
from tests.surveys.test_life_machine import FIRST_FEW, MEMBERS, Life


def test_every_deed_is_done_once_and_the_model_agrees(database_url: str, tmp_path: Path) -> None:
    life = type("Life", (Life,), {"database_url": database_url, "folder": tmp_path})()
    try:
        life.staff_write_a_questionnaire("open", soft=True)
        came = [life.state]

        def then(expected: str) -> None:
            life.both_agree()
            assert life.state == expected, came
            came.append(life.state)

        then("open")
        for place in range(3):
            life.somebody_answers(place, "gange", again=False)
        assert len(life.sent) == 3
        life.staff_do_anything(Deed.TO_ALL, 1)
        assert not life.soft
        then("open")
        life.staff_do_anything(Deed.PAUSE, 1)
        then("paused")
        life.somebody_answers(MEMBERS - 1, "bil", again=False)
        assert len(life.sent) == 3, "a paused survey takes no answers"
        life.staff_do_anything(Deed.GO_ON, 1)
        life.somebody_answers(MEMBERS - 1, "bil", again=False)
        life.somebody_answers(MEMBERS - 1, "sykkel", again=True)
        assert len(life.sent) == 4
        life.staff_correct_a_title("Slik reiser du")
        then("open")
        move_to_work(life.rt, timedelta(days=3))
        life.time_passes(0)
        assert any(isinstance(event, SurveyReminderDue) for event in life.run(outbox(life.rt)))
        last = life.closes_at
        life.staff_do_anything(Deed.EXTEND, 2)
        assert life.closes_at > last
        life.staff_do_anything(Deed.END, 1)
        then("ended")
        life.somebody_answers(1, "bil", again=True)
        life.staff_do_anything(Deed.PAUSE, 1)
        then("ended")
        life.staff_do_anything(Deed.REOPEN, 2)
        then("open")
        for place in range(FIRST_FEW):
            life.somebody_answers(place, "sykkel", again=True)
        life.staff_do_anything(Deed.END, 1)
        # The last day is over, and the job has not run yet.
        move(life.rt, SECOND_THOUGHTS + timedelta(minutes=1))
        life.staff_do_anything(Deed.REOPEN, 2)
        then("ended")
        life.time_passes(1)
        then("closed")
        assert len(life.sent) >= FIRST_FEW, "enough to leave, each as it was sent in last"
        life.somebody_answers(0, "gange", again=True)
        life.staff_do_anything(Deed.REOPEN, 2)
        then("closed")
    finally:
        life.teardown()
