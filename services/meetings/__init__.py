"""meetings will own panel meetings and their draws; today it keeps who consented to meetings, and forgets them again.

Reacts to MemberJoined, MemberChanged, MemberLeft and MemberErased. Publishes MemberDataErased.
"""
