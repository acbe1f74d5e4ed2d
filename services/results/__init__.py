"""results owns released answers (the only copy), their counts, and what is published.

Reacts to SurveyOpened, ResponseSubmitted, SurveyClosed, PopulationMarginsSet and MemberErased. Publishes
ResultsPublished and MemberDataErased (it holds no person and says so).
"""
