from mlfn import model
from mlfn.secrets import Secret


@model(
    secrets={
        "API-KEY": Secret("shop/api-key"),
        "SPACE": Secret("shop api key"),
        "OTHER_STAGE": Secret("shop/{user}/key"),
        "SHORT_ARN": Secret("arn:aws:secretsmanager:us-east-1:123456789012:secret:x"),
        "KEY": Secret("shop/key", key="alias/shop"),
        "PARAMETER": Secret("shop/key", store="ssm"),
        "RESERVED": Secret("/aws/key", store="ssm"),
        "STORE": Secret("shop/key", store="vault"),
        "AGE": Secret("shop/key", max_age_s=0),
    },
)
def predict(value: int) -> int:
    return value


@model(secrets={"API_KEY": "hunter2"})
def other(value: int) -> int:
    return value
