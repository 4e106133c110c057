"""The parameters of the time before expressions, read as what an expression would have said.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
"""
