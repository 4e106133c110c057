"""Function URLs: HTTP addresses of functions and aliases, without an API in front of them."""
