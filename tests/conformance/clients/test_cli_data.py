"""DynamoDB and S3 through the AWS CLI."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.conformance.clients.conftest import AwsCli


def plain(value: Any) -> str:
    """JSON as one argument."""
    return json.dumps(value)


def test_a_table_takes_puts_conditions_and_transactions(aws: AwsCli, name: str) -> None:
    table = f"--table-name {name}"
    aws(
        f"dynamodb create-table {table} --billing-mode PAY_PER_REQUEST"
        " --attribute-definitions AttributeName=pk,AttributeType=S AttributeName=sk,AttributeType=N"
        " --key-schema AttributeName=pk,KeyType=HASH AttributeName=sk,KeyType=RANGE"
    )
    aws.text(f"dynamodb wait table-exists {table}")
    key = {"pk": {"S": "a"}, "sk": {"N": "1"}}
    condition = "attribute_not_exists(pk)"
    aws(f"dynamodb put-item {table} --item", plain({**key, "v": {"L": [{"BOOL": True}]}}))

    refused = aws.refused(
        f"dynamodb put-item {table} --item {plain(key).replace(' ', '')} --condition-expression", condition
    )
    put = {"TableName": name, "Item": key, "ConditionExpression": condition}
    cancelled = aws.refused("dynamodb transact-write-items --transact-items", plain([{"Put": put}]))
    more = [{"PutRequest": {"Item": {"pk": {"S": "a"}, "sk": {"N": str(number)}}}} for number in (2, 3)]
    written = aws("dynamodb batch-write-item --request-items", plain({name: more}))
    got = aws(f"dynamodb get-item {table} --consistent-read --key", plain(key))
    queried = aws(
        f"dynamodb query {table} --page-size 1 --max-items 2 --no-scan-index-forward --key-condition-expression",
        "pk = :p AND sk < :n",
        "--expression-attribute-values",
        plain({":p": {"S": "a"}, ":n": {"N": "3"}}),
    )
    aws(f"dynamodb delete-table {table}")

    name_of_operation = "An error occurred (ConditionalCheckFailedException) when calling the PutItem operation"
    assert refused.endswith(f"{name_of_operation}: The conditional request failed")
    assert cancelled.endswith(
        "An error occurred (TransactionCanceledException) when calling the TransactWriteItems operation: Transaction"
        " cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed]"
    )
    assert written == {"UnprocessedItems": {}}
    assert got["Item"]["v"] == {"L": [{"BOOL": True}]}
    assert [item["sk"]["N"] for item in queried["Items"]] == ["2", "1"]


def test_objects_are_copied_listed_and_removed(aws: AwsCli, name: str) -> None:
    large = bytes(range(256)) * 40_000  # above 8 MB: in parts
    aws.write("large.bin", large)
    aws.write("small.txt", "hello")
    aws.text(f"s3 mb s3://{name}")

    aws.text(f"s3 cp --only-show-errors large.bin s3://{name}/in/large.bin")
    aws.text(f"s3 cp --only-show-errors . s3://{name}/all --recursive --exclude * --include *.txt")
    aws.text(f"s3 cp --only-show-errors s3://{name}/in/large.bin back.bin")
    listed = aws.text(f"s3 ls --recursive s3://{name}").splitlines()
    head = aws(f"s3api head-object --bucket {name} --key in/large.bin")
    aws.text(f"s3 rb --force s3://{name}")

    assert (aws.directory / "back.bin").read_bytes() == large
    assert [line.split()[2:] for line in listed] == [["5", "all/small.txt"], ["10240000", "in/large.bin"]]
    assert head["ETag"].endswith('-2"')
    assert "(404)" in aws.refused(f"s3api head-bucket --bucket {name}")


def test_a_presigned_url_works_without_keys(aws: AwsCli, name: str) -> None:
    aws.write("small.txt", "hello")
    aws.text(f"s3 mb s3://{name}")
    aws.text(f"s3 cp --only-show-errors small.txt s3://{name}/small.txt")

    url = aws.text(f"s3 presign s3://{name}/small.txt --expires-in 60").strip()
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - the CLI's own URL
        body = answer.read()
    aws.text(f"s3 rb --force s3://{name}")

    assert body == b"hello"
