"""What bench/emulator.py is made of: the emulators, what is deployed to them, the load, the table."""
