"""results owns released answers (the only copy), publications, follow-ups, suggestions and the documented work.

Reacts to SurveyOpened, SurveyChanged, ResponseSubmitted, SurveyClosed, PopulationMarginsSet, MemberErased,
SuggestionLetterReceived, MattersNamed and the meetings' public facts. Publishes ResultsPublished, FollowUpRecorded,
SuggestionRegistered, SuggestionAnswered, for notifications alone SuggestionContactGiven and SuggestionReplyDue, and
MemberDataErased (it holds no member) and DeadLettersExpiring.

What it has not read before the broker removed it, it says by EventsMissed.
"""
