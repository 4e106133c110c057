"""What a function under measurement talks to: a Runtime API, and a table with the rest of AWS that it needs."""
