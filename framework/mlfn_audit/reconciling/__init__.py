"""What AWS wrote down of calls, held against what the trail says of them: identity.md §4."""
