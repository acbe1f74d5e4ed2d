"""meetings owns panel meetings: their quotas and draws, invitations and replies, attendance and minutes.

Reacts to MemberJoined, MemberChanged, MemberLeft, MemberErased, PopulationMarginsSet, FollowUpRecorded,
and the mails by which surveys ask (SurveyInvitationIssued, SurveyReminderDue, SurveyAnswered). Publishes
MeetingAnnounced, MeetingCallIssued, MeetingCallAnswered, MeetingDrawn, MemberEnteredDraw, DrawProofIssued,
MeetingInvitationIssued, MeetingInvitationAnswered, MeetingReminderDue, MeetingNoticeDue, MeetingGroupSet,
MeetingSurveyAsked, MeetingHeld, MeetingMinutesPublished, MeetingCancelled and MemberDataErased.

Before a draw a call may ask members whether to be in it; then those who say yes are the pool.

An invitation is ``invited`` until it is ``accepted``, ``declined``, ``lapsed`` (silence past the deadline) or
``withdrawn`` (a yes taken back, or no member any more); a cancelled meeting ends what is left (``ended``). Those
invited and accepted never outnumber the seats: nobody is asked to a seat somebody else may still say yes to. One to the
waiting list is ``reserve`` until it is answered, then ``waiting`` until it is ``accepted`` or ``released``. The job
``fill_free_seats`` asks to the list and gives free seats away. How things are locked:
``locks.py``; the draw: ``seats/lottery.py``.

What it has not read before the broker removed it, it says by EventsMissed.
"""
