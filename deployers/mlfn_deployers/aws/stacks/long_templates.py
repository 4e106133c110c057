"""Templates too long to be sent: CloudFormation reads them from S3."""

from __future__ import annotations

from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

    from mlfn_engine.values import Template

LONGEST_BODY = 51_200
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""


class TemplateArgument(TypedDict, total=False):
    """How an operation of CloudFormation is given a template: one of the two."""

    TemplateBody: str
    TemplateURL: str


@contextmanager
def within_reach(template: Template, s3: S3Client, bucket: str | None) -> Iterator[TemplateArgument]:
    """The argument that hands a template to CloudFormation; a long one lies in `bucket` for as long as this lasts."""
    body = template.body.encode()
    if bucket is None or len(body) <= LONGEST_BODY:
        yield {"TemplateBody": template.body}
        return
    key = f"templates/{template.name}/{sha256(body).hexdigest()}.yaml"
    version = s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]
    try:
        yield {"TemplateURL": f"{s3.meta.endpoint_url}/{bucket}/{key}"}
    finally:
        s3.delete_object(Bucket=bucket, Key=key, VersionId=version)
