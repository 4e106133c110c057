"""Turns what a request says into a revision, refusing what CloudFormation would refuse."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from mlfn_localstack.service import Environment, Params, ServiceError
from mlfn_localstack.services.cloudformation.errors import validation_error
from mlfn_localstack.services.cloudformation.parameters import parameter_values
from mlfn_localstack.services.cloudformation.parse import MAX_BODY_BYTES
from mlfn_localstack.services.cloudformation.stack_policy import check_stack_policy
from mlfn_localstack.services.cloudformation.state import Revision, Stack
from mlfn_localstack.services.cloudformation.template import Template, read_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Caller

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")
_IAM_NAMES = ("RoleName", "ManagedPolicyName")
_HOSTED = re.compile(r"(?P<bucket>.+)\.s3[.-][^/]*")


def check_name(name: str, member: str = "stackName") -> None:
    """Refuse a stack's or change set's name that CloudFormation would refuse."""
    if not _NAME.fullmatch(name):
        raise validation_error(
            f"1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )


async def template_body(environment: Environment, caller: Caller, params: Params, previous: str | None) -> str:
    """The template's text: given, in S3, or the one the stack has.

    Raises:
        ServiceError: there is none, or it is too large.
    """
    given = [name for name in ("TemplateBody", "TemplateURL") if params.get(name)]
    if len(given) + bool(params.get("UsePreviousTemplate")) != 1:
        raise validation_error("Either Template URL or Template Body must be specified.")
    if params.get("UsePreviousTemplate"):
        if previous is None:
            raise validation_error("UsePreviousTemplate may not be set to true for a stack that does not exist.")
        return previous
    if "TemplateURL" in given:
        return await _from_s3(environment, caller, str(params["TemplateURL"]))
    body = str(params["TemplateBody"])
    if len(body.encode()) > MAX_BODY_BYTES:
        raise validation_error(
            f"1 validation error detected: Value '{body[:64]}...' at 'templateBody' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_BODY_BYTES}"
        )
    return body


async def policy_text(environment: Environment, caller: Caller, params: Params, member: str) -> str:
    """The stack policy in `<member>Body` or at `<member>URL`; nothing if there is none.

    Raises:
        ServiceError: ValidationError: there are both, or it is no policy.
    """
    body, url = params.get(f"{member}Body"), params.get(f"{member}URL")
    if body is not None and url is not None:
        raise validation_error(f"You cannot specify both {member}URL and {member}Body")
    if url is not None:
        body = await _from_s3(environment, caller, str(url))
    return check_stack_policy(str(body)) if body else ""


async def _from_s3(environment: Environment, caller: Caller, url: str) -> str:
    parts = urlsplit(url)
    hosted, path = _HOSTED.fullmatch(parts.hostname or ""), unquote(parts.path.lstrip("/"))
    bucket, key = (hosted["bucket"], path) if hosted else (*path.split("/", 1), "")[:2]
    if not bucket or not key:
        raise validation_error("TemplateURL must be a supported URL.")
    try:
        answer = await environment.gateway.call("s3", "GetObject", {"Bucket": bucket, "Key": key}, principal=caller.arn)
    except ServiceError as error:
        raise validation_error(f"S3 error: {error.message}") from error
    body = answer["Body"]
    return (body if isinstance(body, bytes) else body.read()).decode()


async def revision(environment: Environment, caller: Caller, params: Params, stack: Stack | None) -> Revision:
    """The revision that a request asks for; what it leaves out stays as the stack has it.

    Raises:
        ServiceError: template, parameters or capabilities are not right.
    """
    before = stack.revision if stack and stack.status != "REVIEW_IN_PROGRESS" else None
    body = await template_body(environment, caller, params, before.body if before else None)
    template = read_template(body)
    values = parameter_values(template.parameters, params.get("Parameters", []), before.parameters if before else {})
    check_capabilities(template, params.get("Capabilities", []))
    return Revision(
        body=body,
        parameters=values,
        tags=_tags(params, before),
        capabilities=list(params.get("Capabilities", [])),
        role_arn=params.get("RoleARN") or (before.role_arn if before else None),
        notification_arns=list(params.get("NotificationARNs", before.notification_arns if before else [])),
    )


def _tags(params: Params, before: Revision | None) -> dict[str, str]:
    if "Tags" not in params:
        return before.tags if before else {}
    tags = {tag["Key"]: tag["Value"] for tag in params["Tags"]}
    if any(key.startswith("aws:") for key in tags):
        raise validation_error("Tags with the prefix aws: are reserved.")
    return tags


def needed_capabilities(template: Template) -> list[str]:
    """The capabilities that a template's IAM resources ask for."""
    iam = [one for one in template.resources.values() if one.type.startswith("AWS::IAM::")]
    if any(name in one.properties for one in iam for name in _IAM_NAMES):
        return ["CAPABILITY_NAMED_IAM"]
    return ["CAPABILITY_IAM"] if iam else []


def check_capabilities(template: Template, given: list[str]) -> None:
    """Refuse IAM resources that the caller has not acknowledged."""
    needed = needed_capabilities(template)
    if needed and not {"CAPABILITY_NAMED_IAM", *needed} & set(given):
        raise ServiceError("InsufficientCapabilitiesException", f"Requires capabilities : [{needed[0]}]")


def check_types(template: Template, current: Mapping[str, Any]) -> None:
    """Refuse a logical id that changes its resource type."""
    other = [name for name, one in template.resources.items() if name in current and current[name] != one.type]
    if other:
        raise validation_error(
            "Update of resource type is not permitted. The new template modifies resource type of the following "
            f"resources: [{', '.join(sorted(other))}]"
        )
