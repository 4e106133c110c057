"""What bench/deploys.py compares with."""
