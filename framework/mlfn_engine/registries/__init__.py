"""The parts of a push: connection, credentials, uploads."""
