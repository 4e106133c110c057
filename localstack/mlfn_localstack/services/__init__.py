"""The services the emulator has: botocore's name -> `module:class`, imported when first called."""

MOVES = {"dynamodb_items": "mlfn_localstack.services.dynamodb.layout:move_earlier"}
"""Tables that an earlier version left -> who moves what is in them, before any service is built."""

SERVICES = {
    "apigatewayv2": "mlfn_localstack.services.apigatewayv2:ApiGatewayV2",
    "cloudformation": "mlfn_localstack.services.cloudformation:CloudFormation",
    "cloudtrail": "mlfn_localstack.services.cloudtrail:CloudTrail",
    "cloudwatch": "mlfn_localstack.services.cloudwatch:CloudWatch",
    "dynamodb": "mlfn_localstack.services.dynamodb:DynamoDb",
    "dynamodbstreams": "mlfn_localstack.services.dynamodbstreams:DynamoDbStreams",
    "ecr": "mlfn_localstack.services.ecr:Ecr",
    "events": "mlfn_localstack.services.events:Events",
    "iam": "mlfn_localstack.services.iam:Iam",
    "kms": "mlfn_localstack.services.kms:Kms",
    "lambda": "mlfn_localstack.services.lambda_:Lambda",
    "logs": "mlfn_localstack.services.logs:Logs",
    "s3": "mlfn_localstack.services.s3:S3",
    "scheduler": "mlfn_localstack.services.scheduler:Scheduler",
    "secretsmanager": "mlfn_localstack.services.secretsmanager:SecretsManager",
    "sns": "mlfn_localstack.services.sns:Sns",
    "sqs": "mlfn_localstack.services.sqs:Sqs",
    "ssm": "mlfn_localstack.services.ssm:Ssm",
    "stepfunctions": "mlfn_localstack.services.stepfunctions:StepFunctions",
    "sts": "mlfn_localstack.services.sts:Sts",
}
