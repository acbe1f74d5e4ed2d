"""notifications owns contact cards and every mail: what it says, when it goes, and what became of it.

Reacts to everything that asks for a mail. Publishes MessageFailed, MailPreferenceChanged, ContactCardMissing and
MemberDataErased.
"""
