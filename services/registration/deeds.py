"""What staff do in registration, as the audit trail says it: «Siri Stab …»."""

DEEDS = {
    "registration.area_margins.imported": "satte områdene",
    "registration.channel.made": "laget en rekrutteringskanal",
    "registration.member.data_taken_out": "lastet ned alt om en person",
    "registration.member.erased_on_request": "slettet en person på forespørsel",
    "registration.member.found": "fant personen i et oppslag",
    "registration.member.looked_up": "slo opp en person",
    "registration.member.seen": "så på en person",
    "registration.members.exported": "lastet ned lista over medlemmer",
    "registration.members.imported": "importerte medlemmer",
    "registration.threshold.set": "la til en terskel",
}
