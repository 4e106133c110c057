"""What commands show, for people and for programs: drawn from values, with nothing looked up."""
