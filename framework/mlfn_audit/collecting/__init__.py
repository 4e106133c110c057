"""Records that no function has put: derived from what AWS logs of calls, and brought into the table."""
