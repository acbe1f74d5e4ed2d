"""registration owns who is in the panel: applicants, members, contact cards, consent, thresholds and population.

Reacts to MailPreferenceChanged, ContactCardMissing and the other services' MemberDataErased. Publishes
MemberJoined, MemberChanged, MemberLeft, MemberErased, ContactChanged and the requests for mail about membership.
"""
