"""DynamoDB's expressions: parsed, checked, and applied to items.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
"""
