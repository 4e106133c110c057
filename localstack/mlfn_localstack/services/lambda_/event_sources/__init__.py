"""Event source mappings: streams of DynamoDB whose records call functions.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""
