"""Everything all five services keep about a member, as one file for the member and the officer."""
