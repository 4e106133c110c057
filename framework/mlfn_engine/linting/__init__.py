"""What Lambda asks of an image and container engines do not enforce."""
