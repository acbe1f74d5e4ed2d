"""registration owns who is in the panel: applicants, members, contact cards, consent, thresholds and population.

Reacts to MailPreferenceChanged, MemberUnreachable, ContactCardMissing, the other services' MemberDataErased, and to
what "my page" shows of surveys, meetings and results. Publishes MemberJoined, MemberChanged, MemberLeft, MemberErased,
the requests for mail about membership, PanelThresholdSet, PanelThresholdReached, PopulationMarginsSet,
StaffSessionEnded, DeadLettersExpiring and, on its restricted topic, ContactChanged and ContactRemoved.

What it has not read before the broker removed it, it says by EventsMissed.
"""
