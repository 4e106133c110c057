"""AWS, and everything that speaks its protocols: the embedded emulator and LocalStack-like endpoints.

The deployer is in a module of its own: most commands need the clients alone.
"""
