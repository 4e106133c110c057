"""Runs a machine: coroutines per scope, each transition in a journal before the next, effects through a world."""
