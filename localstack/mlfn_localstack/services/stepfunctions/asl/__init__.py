"""The Amazon States Language without a world: paths, expressions, templates, choices and retries over plain values."""
