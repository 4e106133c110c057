"""What is in an image, how it was made, and who vouches for it."""
