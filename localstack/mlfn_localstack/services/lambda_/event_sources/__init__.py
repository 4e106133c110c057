"""Event source mappings: streams of DynamoDB and queues of SQS whose records call functions.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""
