"""Buckets call functions when objects come, where the function's policy lets them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.s3 import S3

if TYPE_CHECKING:
    from tests.fixtures.lambda_lab import Lab, Run

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
PRINTING = 'import json\ndef handler(event, context):\n    print("GOT", json.dumps(event["Records"][0]["s3"]))'


async def told(lab: Lab, bucket: str) -> None:
    """A bucket that calls the function for what ends with `.csv`."""
    only = {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".csv"}]}}
    rule = {"Id": "rows", "LambdaFunctionArn": FUNCTION, "Events": ["s3:ObjectCreated:*"], "Filter": only}
    configuration = {"LambdaFunctionConfigurations": [rule]}
    params = {"Bucket": bucket, "NotificationConfiguration": configuration}
    await lab.run("s3", "PutBucketNotificationConfiguration", params)


def test_a_function_is_called_for_the_objects_it_asked_for(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        s3 = S3(lab.environment)
        lab.services["s3"] = s3
        await s3.start()
        await lab.create(PRINTING)
        await lab.run("s3", "CreateBucket", {"Bucket": "rows"})
        allowed = {"Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::rows"}
        await lab.do("AddPermission", StatementId="s3", Action="lambda:InvokeFunction", **allowed)
        await told(lab, "rows")
        for key in ("other.txt", "new rows.csv"):
            await lab.run("s3", "PutObject", {"Bucket": "rows", "Key": key, "Body": b"a,b"})
        try:
            return await lab.log_has("GOT")
        finally:
            await s3.stop()

    (line,) = [line for line in run(scenario).splitlines() if line.startswith("GOT")]

    record = json.loads(line.removeprefix("GOT "))
    assert (record["configurationId"], record["bucket"]["name"]) == ("rows", "rows")
    assert (record["object"]["key"], record["object"]["size"]) == ("new+rows.csv", 3)


def test_a_function_that_lets_another_bucket_in_is_no_destination(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        lab.services["s3"] = S3(lab.environment)
        await lab.create(PRINTING)
        await lab.run("s3", "CreateBucket", {"Bucket": "rows"})
        allowed = {"Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::others"}
        await lab.do("AddPermission", StatementId="s3", Action="lambda:InvokeFunction", **allowed)
        await told(lab, "rows")

    with pytest.raises(ServiceError) as raised:
        run(scenario)

    assert raised.value.message == "Unable to validate the following destination configurations"
    assert raised.value.fields["ArgumentValue1"] == f"Not authorized to invoke function [{FUNCTION}]"
