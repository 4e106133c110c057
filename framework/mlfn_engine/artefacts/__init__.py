"""What models bring along besides code: what loading it would do."""
