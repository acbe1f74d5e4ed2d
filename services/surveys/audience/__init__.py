"""Audience: who may be asked in a survey, how many mails each has had, and who is chosen."""
