"""What staff do in results, as the audit trail says it: «Siri Stab …»."""

DEEDS = {
    "results.follow_up.corrected": "rettet hva et resultat eller møte har ført til",
    "results.follow_up.recorded": "førte hva et resultat eller møte har ført til",
    "results.result.published": "publiserte et resultat",
    "results.suggestion.decided": "behandlet et forslag",
    "results.suggestion.seen": "så på et forslag",
    "results.suggestions.exported": "lastet ned lista over forslag",
}
