"""The platform's own functions, a module each. They run on mlfn's loop and are not audited."""
