"""Surveys: questionnaires and their frozen versions, invitations, answers until release, who took part.

Reacts to members, population margins and panel thresholds (registration), published results and follow-ups (results),
and invitations to meetings (meetings).
Publishes SurveyOpened, SurveyChanged, SampleDrawn, MemberSpared, SurveyInvitationIssued, SurveyReminderDue,
SurveyAnswered, SurveyClosed, SurveyResultsNoticeDue, SurveyFollowUpNoticeDue, MemberDataErased and, on a restricted
topic, ResponseSubmitted.

What it has not read before the broker removed it, it says by EventsMissed.
"""
