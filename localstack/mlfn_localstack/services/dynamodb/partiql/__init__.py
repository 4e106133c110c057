"""PartiQL: SQL's four statements over a table, read into what the other operations do.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""
