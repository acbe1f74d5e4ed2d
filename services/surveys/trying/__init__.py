"""Staff try a questionnaire as a resident meets it; nothing they answer is stored."""
