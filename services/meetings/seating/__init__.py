"""Around the meeting: who sits at which table in each round, the list at the door, and name tags."""
