"""From what a user declared to checked facts: options, hints, schemas, names."""
