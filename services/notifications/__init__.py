"""notifications owns contact cards and every mail: what it says, when it goes, and what became of it; and mail in.

Reacts to everything that asks for a mail (DeadLettersExpiring asks for one to staff), and to what makes one needless.
Publishes MessageFailed, MemberUnreachable, MailPreferenceChanged, ContactCardMissing, MemberDataErased and, on its
restricted topic, SuggestionLetterReceived and, for the data file, MattersNamed.

What it has not read before the broker removed it, it says by EventsMissed.
"""
