"""What staff do in notifications, as the audit trail says it: «Siri Stab …»."""

DEEDS = {
    "notifications.message.settled_as_pending": "sendte en usikker e-post på nytt",
    "notifications.message.settled_as_sent": "merket en usikker e-post som sendt",
    "notifications.messages.exported": "lastet ned lista over e-poster",
    "notifications.sending.paused": "stoppet utsendingen",
    "notifications.sending.resumed": "startet utsendingen",
}
