"""TestState's parts: what a request asks for, its mocks, and what is shown of the state's data."""
