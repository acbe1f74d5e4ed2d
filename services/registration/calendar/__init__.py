"""The calendar of staff: everything planned and due in any service, as a page and as a feed for other calendars."""
