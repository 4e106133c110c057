"""What images stand on: found by reference, fetched by digest, looked into once."""
