"""What staff do in meetings, as the audit trail says it: «Siri Stab …»."""

DEEDS = {
    "meetings.attendance.recorded": "førte oppmøte",
    "meetings.attendance.seen": "så på oppmøtet",
    "meetings.invitations.exported": "lastet ned lista over inviterte",
    "meetings.list.exported": "lastet ned lista over møter",
    "meetings.meeting.announced": "kunngjorde et møte",
    "meetings.meeting.cancelled": "avlyste et møte",
    "meetings.meeting.changed": "endret et møte",
    "meetings.meeting.drawn": "trakk deltakere til et møte",
    "meetings.minutes.changed": "endret et referat",
    "meetings.minutes.published": "publiserte et referat",
    "meetings.needs.seen": "så på behovene til deltakerne",
    "meetings.quotas.set": "satte kvoter for et møte",
}
