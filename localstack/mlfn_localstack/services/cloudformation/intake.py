"""Turns what a request says into a revision, refusing what CloudFormation would refuse."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mlfn_localstack.globs import compile_glob
from mlfn_localstack.service import Environment, Params, ServiceError
from mlfn_localstack.services.cloudformation.errors import validation_error
from mlfn_localstack.services.cloudformation.parameters import parameter_values
from mlfn_localstack.services.cloudformation.parse import MAX_BODY_BYTES, MAX_STORED_BODY_BYTES
from mlfn_localstack.services.cloudformation.places_in_s3 import place_in_s3
from mlfn_localstack.services.cloudformation.stack_policy import check_stack_policy
from mlfn_localstack.services.cloudformation.state import Revision, Stack
from mlfn_localstack.services.cloudformation.stored_values import stored_parameters
from mlfn_localstack.services.cloudformation.template import Template, read_template
from mlfn_localstack.services.cloudformation.transforms import expanded
from mlfn_localstack.services.cloudformation.transforms.expansion import Expansion
from mlfn_localstack.services.cloudformation.transforms.macros import function_of_macro
from mlfn_localstack.services.cloudformation.work import PRINCIPAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Caller
    from mlfn_localstack.services.cloudformation.state import Stacks

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]*")
_NAME_LIMIT = 128
_NOT_HERE = ("DeploymentMode",)
_AUTO_EXPAND = "CAPABILITY_AUTO_EXPAND"
_IAM_NAMES = ("RoleName", "ManagedPolicyName")
_TRIGGERS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
_ALARM = re.compile(r"arn:[^:]+:cloudwatch:[^:]*:\d{12}:alarm:.+")


def check_name(name: str, member: str = "stackName", or_else: str = "") -> None:
    """Refuse a stack's or change set's name that CloudFormation would refuse."""
    constraint = None
    if len(name) > _NAME_LIMIT:
        constraint = f"Member must have length less than or equal to {_NAME_LIMIT}"
    elif not _NAME.fullmatch(name):
        constraint = f"Member must satisfy regular expression pattern: {_NAME.pattern}{or_else}"
    if constraint:
        raise validation_error(
            f"1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: {constraint}"
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
    if parts.scheme == "s3":
        raise validation_error(f"S3 error: Domain name specified in {parts.netloc} is not a valid S3 domain")
    bucket, key = place_in_s3(url)
    if not bucket or not key:
        raise validation_error("TemplateURL must be a supported URL.")
    try:
        answer = await environment.gateway.call("s3", "GetObject", {"Bucket": bucket, "Key": key}, principal=caller)
    except ServiceError as error:
        raise validation_error(f"S3 error: {error.message}") from error
    content: bytes = answer["Body"].read(MAX_STORED_BODY_BYTES + 1)
    if len(content) > MAX_STORED_BODY_BYTES:
        raise validation_error(f"Template may not exceed {MAX_STORED_BODY_BYTES} bytes in size.")
    return content.decode()


async def revision(
    environment: Environment, stacks: Stacks, caller: Caller, params: Params, stack: Stack | None
) -> Revision:
    """The revision that a request asks for; what it leaves out stays as the stack has it.

    Raises:
        ServiceError: template, parameters or capabilities are not right.
    """
    _check_members(params)
    before = stack.revision if stack and stack.status != "REVIEW_IN_PROGRESS" else None
    body = await template_body(environment, caller, params, before.template if before else None)
    template = read_template(body)
    _check_auto_expand(template, params)
    values = parameter_values(template.parameters, params.get("Parameters", []), before.parameters if before else {})
    _check_resources(template, params)
    role = params.get("RoleARN") or (before.role_arn if before else None)
    await check_role(environment, role)
    call = partial(environment.gateway.call, principal=caller)
    stored = await stored_parameters(call, template.parameters, values)
    wanted = Revision(
        body=body,
        parameters=values,
        tags=_tags(params, before),
        capabilities=list(params.get("Capabilities", [])),
        role_arn=role,
        notification_arns=list(params.get("NotificationARNs", before.notification_arns if before else [])),
        stored=stored,
    )
    name = stack.name if stack else str(params["StackName"])
    expansion = Expansion(
        environment=environment,
        call=call,
        find_macro=partial(function_of_macro, stacks),
        stack_name=name,
        declared=template.parameters,
        parameters=values | stored,
    )
    return await _expanded(expansion, params, wanted) if template.transforms else wanted


def _check_members(params: Params) -> None:
    for member in _NOT_HERE:
        if params.get(member):
            raise validation_error(f"The emulator does not support {member}.")
    _check_triggers(params.get("RollbackConfiguration", {}))


class ExpansionError(ServiceError):
    """A template whose transform fails, or makes what CloudFormation refuses: a change set tells of it, an update is
    refused."""

    def __init__(self, cause: ServiceError, revision: Revision) -> None:
        super().__init__(cause.code, cause.message, status=cause.status, fields=cause.fields)
        self.revision = revision


async def _expanded(expansion: Expansion, params: Params, wanted: Revision) -> Revision:
    """A revision after its template's transforms.

    Raises:
        ExpansionError: they fail, or what they make is not right.
    """
    try:
        body = await expanded(wanted.body, expansion)
        _check_resources(read_template(body), params)
    except ServiceError as error:
        raise ExpansionError(error, replace(wanted, submitted=wanted.body)) from error
    return replace(wanted, body=body, submitted=wanted.body)


def _check_auto_expand(template: Template, params: Params) -> None:
    """Refuse transforms that nobody would have reviewed: those of a change set can be."""
    given = params.get("Capabilities", [])
    if template.transforms and "ChangeSetName" not in params and _AUTO_EXPAND not in given:
        raise ServiceError("InsufficientCapabilitiesException", f"Requires capabilities : [{_AUTO_EXPAND}]")


def _check_resources(template: Template, params: Params) -> None:
    """Refuse resources that the request has not acknowledged or not let in; those of a transform are not there yet."""
    if template.transforms:
        return
    check_capabilities(template, params.get("Capabilities", []))
    _check_allowed(template, params.get("ResourceTypes"))


def _check_allowed(template: Template, allowed: list[str] | None) -> None:
    """Refuse resource types that the request does not let in, by name or by `AWS::service::*`."""
    for one in template.resources.values():
        if allowed and not any(compile_glob(pattern, question_mark=False).fullmatch(one.type) for pattern in allowed):
            listed = ", ".join(allowed)
            raise validation_error(f"Resource type {one.type} is not allowed by parameter ResourceTypes [{listed}]")


def _check_triggers(configuration: Mapping[str, Any]) -> None:
    for trigger in configuration.get("RollbackTriggers", ()):
        if trigger["Type"] not in _TRIGGERS:
            raise validation_error("Rollback Trigger Type not supported")
        if not _ALARM.fullmatch(trigger["Arn"]):
            raise validation_error("RelativeId of a Rollback Trigger's ARN is incorrect")
        raise validation_error("The emulator does not support rollback triggers.")


async def check_role(environment: Environment, arn: str | None) -> None:
    """Refuse a role that CloudFormation may not assume.

    Raises:
        ServiceError: ValidationError.
    """
    if arn is None:
        return
    asked = {"RoleArn": arn, "RoleSessionName": "AWSCloudFormation"}
    try:
        await environment.gateway.call("sts", "AssumeRole", asked, principal=PRINCIPAL)
    except ServiceError as error:
        raise validation_error(f"Role {arn} is invalid or cannot be assumed") from error


def _tags(params: Params, before: Revision | None) -> dict[str, str]:
    if "Tags" not in params:
        return before.tags if before else {}
    tags = {tag["Key"]: tag["Value"] for tag in params["Tags"]}
    if any(key.startswith("aws:") for key in tags):
        raise validation_error("Tags with the prefix aws: are reserved.")
    return tags


def needed_capabilities(template: Template) -> list[str]:
    """The capabilities that a template's IAM resources and transforms ask for."""
    iam = [one for one in template.resources.values() if one.type.startswith("AWS::IAM::")]
    named = any(name in one.properties for one in iam for name in _IAM_NAMES)
    needed = ["CAPABILITY_NAMED_IAM"] if named else ["CAPABILITY_IAM"] if iam else []
    return [*needed, _AUTO_EXPAND] if template.transforms else needed


def check_capabilities(template: Template, given: list[str]) -> None:
    """Refuse IAM resources that the caller has not acknowledged."""
    needed = needed_capabilities(template)
    if needed and not {"CAPABILITY_NAMED_IAM", *needed} & set(given):
        raise ServiceError("InsufficientCapabilitiesException", f"Requires capabilities : [{needed[0]}]")


def keeps_failures(params: Params) -> bool:
    """Whether what fails is to be left as it is, as a request says it in either way."""
    return bool(params.get("DisableRollback") or params.get("DeploymentConfig", {}).get("DisableRollback"))


def check_types(template: Template, current: Mapping[str, Any]) -> None:
    """Refuse a logical id that changes its resource type."""
    other = [name for name, one in template.resources.items() if name in current and current[name] != one.type]
    if other:
        raise validation_error(
            "Update of resource type is not permitted. The new template modifies resource type of the following "
            f"resources: [{', '.join(sorted(other))}]"
        )
