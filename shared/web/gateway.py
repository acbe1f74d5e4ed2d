"""Which service answers which path: the one table that every gateway configuration is made from."""

#: (path prefix, service); the longest prefix wins. ``/staff`` itself and everything not named is registration's.
ROUTES: tuple[tuple[str, str], ...] = (
    ("/surveys", "surveys"),
    ("/meetings", "meetings"),
    ("/results", "results"),
    ("/work", "results"),
    ("/suggest", "results"),
    ("/mail", "notifications"),
    ("/staff/surveys", "surveys"),
    ("/staff/meetings", "meetings"),
    ("/staff/results", "results"),
    ("/staff/notifications", "notifications"),
    ("/staff", "registration"),
    ("/", "registration"),
)
