"""Which version of a function answers, how that came about, and how it is changed."""
