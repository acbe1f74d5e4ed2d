"""Planning: staff choose what is asked, when, and see whom it reaches before anything happens."""
