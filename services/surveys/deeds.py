"""What staff do in surveys, as the audit trail says it: «Siri Stab …»."""

DEEDS = {
    "surveys.list.exported": "lastet ned lista over undersøkelser",
    "surveys.questionnaire.begun": "begynte på et spørreskjema",
    "surveys.questionnaire.brought_back": "tok et spørreskjema i bruk igjen",
    "surveys.questionnaire.ready": "merket et spørreskjema som klart",
    "surveys.questionnaire.retired": "la bort et spørreskjema",
    "surveys.survey.cancelled": "avlyste en undersøkelse",
    "surveys.survey.closed": "lukket en undersøkelse",
    "surveys.survey.planned": "planla eller åpnet en undersøkelse",
}
