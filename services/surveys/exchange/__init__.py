"""Questionnaires from and to files of others: XLSForm, which ODK, Kobo and Survey123 share."""
