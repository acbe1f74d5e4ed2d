"""Planning: staff choose questionnaire and dates, and see whom the survey reaches before anything happens."""
