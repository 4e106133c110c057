"""An AWS emulator in one process: it knows AWS and nothing of what runs on it."""
