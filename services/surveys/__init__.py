"""Surveys: questionnaires and their frozen versions, invitations, answers until release, who took part.

Reacts to members, population margins and panel thresholds (registration) and to published results (results).
Publishes SurveyOpened, SurveyInvitationIssued, SurveyReminderDue, SurveyAnswered, SurveyClosed,
SurveyResultsNoticeDue, MemberDataErased and, on a restricted topic, ResponseSubmitted.
"""
