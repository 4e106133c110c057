"""A year's audit trail of any size, the same one each time, put into the emulator's store."""
