"""The platform's own functions: what they read, derive and put. They run on mlfn's loop and are not audited."""
