"""How a survey is sent: reminders, and to a few first. The part of the plan form that asks for it."""

from dataclasses import replace
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from services.surveys.fieldwork.domain import Plan
from services.surveys.reminding.domain import AGAIN_AFTER, FROM_HOUR, TO_HOUR, Reminding, next_moment
from services.surveys.reminding.holidays import is_holiday
from shared.rules import FieldRefused, rule_broken

MESSAGES = {
    "again_after": "Skriv dager mellom påminnelsene som et helt tall fra 1 til 60, eller la feltet stå tomt.",
    "remind_from": "Velg timer for påminnelser.",
    "remind_to": "Velg timer for påminnelser.",
    "hours": "Påminnelsene må kunne gå i minst én time. Velg en senere slutt.",
    "until_enough": "Velg om grupper som har nådd målet, skal få påminnelse.",
    "soft_size": "Skriv hvor mange som skal få den først, som et helt tall fra 1 til 10 000, eller la feltet stå tomt.",
}
#: What the form proposes.
PROPOSAL = {
    "again_after": str(AGAIN_AFTER),
    "remind_from": str(FROM_HOUR),
    "remind_to": str(TO_HOUR),
    "until_enough": "yes",
    "soft_size": "",
}


class HowInput(BaseModel):
    """Fields of the plan form; left out, they say what a plan said before there were any."""

    again_after: Annotated[int | None, Field(ge=1, le=60)] = None
    remind_from: Annotated[int, Field(ge=6, le=21)] = FROM_HOUR
    remind_to: Annotated[int, Field(ge=7, le=22, validate_default=True)] = TO_HOUR
    until_enough: Literal["yes", "no"] = "no"
    # The first few are drawn and invited in one transaction.
    soft_size: Annotated[int | None, Field(ge=1, le=10_000)] = None

    @field_validator("remind_to")
    @classmethod
    def _an_hour_at_least(cls, value: int, info: ValidationInfo) -> int:
        if value <= info.data.get("remind_from", 0):
            raise rule_broken("hours")
        return value

    def on_a_working_day(self, plan: Plan, zone: ZoneInfo) -> Plan:
        """The plan with its reminder moved on to when reminders go; raises FieldRefused when it would come too late."""
        if plan.reminder_at is None:
            return plan
        moment = next_moment(plan.reminder_at, self.remind_from, self.remind_to, is_holiday, zone)
        if moment >= plan.closes_at:
            raise FieldRefused("reminder_on", "reminder_outside")
        return replace(plan, reminder_at=moment)

    @property
    def reminding(self) -> Reminding:
        """How the survey reminds."""
        return Reminding(self.again_after, self.remind_from, self.remind_to, self.until_enough == "yes")


def columns_of(reminding: Reminding) -> dict[str, object]:
    """The survey's columns that say how it reminds."""
    return {
        "again_after": reminding.again_after,
        "remind_from": reminding.from_hour,
        "remind_to": reminding.to_hour,
        "remind_until_enough": reminding.until_enough,
    }
