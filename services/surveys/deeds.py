"""What staff do in surveys, as the audit trail says it: «Siri Stab …»."""

DEEDS = {
    "surveys.list.exported": "lastet ned lista over undersøkelser",
    "surveys.survey.cancelled": "avlyste en undersøkelse",
    "surveys.survey.closed": "lukket en undersøkelse",
    "surveys.survey.planned": "planla eller åpnet en undersøkelse",
}
