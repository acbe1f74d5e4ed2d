"""Writing questionnaires in the browser: numbered versions, checks, templates."""
