"""What a deploy is made of, and what moves traffic afterwards."""
