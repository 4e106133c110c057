"""A typed graph as states of the Amazon States Language."""
