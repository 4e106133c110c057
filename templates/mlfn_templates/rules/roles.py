"""What roles may do: no more than their function needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlfn_engine.planning.templates import in_words
from mlfn_templates.rules.encryption import is_for_data, opens_secrets
from mlfn_templates.rules.stack import as_list, policies, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.linting.findings import Finding
    from mlfn_templates.rules.stack import Stack, Statement

_WITHOUT_RESOURCE = frozenset(
    {
        "cloudformation:DescribeStacks",
        "cloudwatch:GetMetricStatistics",
        "dynamodb:ListStreams",
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
        "iam:GetOutboundWebIdentityFederationInfo",
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
        "states:SendTaskFailure",
        "states:SendTaskSuccess",
        "sts:GetWebIdentityToken",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }
)
"""Actions that take no resource (service authorization reference)."""
_ESCALATION = re.compile(
    r"(iam|organizations|account|sso|sso-directory|identitystore):(?!Get|List).*"
    r"|sts:Assume.*"
    r"|lambda:(?!Invoke|Get|List).*"
    r"|cloudformation:(?!Describe|List|Get).*"
    r"|kms:(?!Decrypt|Encrypt|GenerateDataKey|GetPublicKey|Sign|Verify|DescribeKey).*"
    r"|s3:(Delete|Bypass|PutBucket|PutObjectRetention|PutObjectLegalHold|PutObjectAcl|PutLifecycle|PutEncryption).*"
    r"|secretsmanager:(?!GetSecretValue|DescribeSecret).*"
    r"|ssm:(?!GetParameter$).*"
    r"|logs:(Delete(?!LogDelivery)|PutRetention|PutSubscription).*"
    r"|dynamodb:(Create|DeleteTable|UpdateTable|UpdateTimeToLive|UpdateContinuousBackups|Restore|Export|Import).*"
)
"""What lets a function give itself more, or take evidence away."""
_WIDE = re.compile(r"(\*|(function|table|stateMachine|execution|role|key|log-group|secret|stack|parameter)[:/]\*)")
_WHOLE_BUCKET = re.compile(r"(\*|\$\{\w+\}\*|\$\{\w+(\.Arn)?\}/\*|[a-z0-9.-]+/\*)")


def trust(stack: Stack) -> Iterator[Finding]:
    """A role is taken on by one service, or by principals that a condition names."""
    for role in stack.of("AWS::IAM::Role"):
        for statement in statements(role, role.get("AssumeRolePolicyDocument")):
            principal: Any = statement.body.get("Principal")
            if principal is None or "*" in as_list(principal) or "*" in _accounts(principal):
                yield role.says("role-trust", "anybody may take it on: name who")
            elif "AWS" in principal and not statement.condition:
                yield role.says("role-trust", "whole accounts may take it on: say by aws:PrincipalArn who in them may")


def _accounts(principal: Any) -> list[Any]:
    return as_list(principal.get("AWS")) + as_list(principal.get("Service")) if isinstance(principal, dict) else []


def actions(stack: Stack) -> Iterator[Finding]:
    """Actions are named one by one, and none of them leads to more rights."""
    for statement in _allowing(stack):
        for part in ("NotAction", "NotResource", "NotPrincipal"):
            if part in statement.body:
                yield statement.owner.says("policy-not", f"{part} allows whatever is not listed: list what is needed")
        for action in statement.actions:
            if "*" in action or "?" in action:
                yield statement.owner.says("action-wildcard", f"{action} allows more than is needed: name the actions")
            elif _ESCALATION.fullmatch(action):
                yield statement.owner.says("action-escalation", f"{action} lets it change rights, code or evidence")


def resources(stack: Stack) -> Iterator[Finding]:
    """Resources are named, but for actions that take none."""
    for statement in _allowing(stack):
        for resource in statement.resources:
            taken = [action for action in statement.actions if action not in _WITHOUT_RESOURCE]
            if taken and _is_wide(resource):
                yield statement.owner.says("resource-wildcard", f"{', '.join(taken)} on {resource}: name what it needs")
        if not statement.resources and "NotResource" not in statement.body:
            yield statement.owner.says("resource-wildcard", f"{', '.join(statement.actions)} on no named resource")


def _is_wide(resource: str) -> bool:
    for name in ("Partition", "Region", "AccountId"):  # `${AWS::…}` holds what separates the parts of an ARN
        resource = resource.replace(f"${{AWS::{name}}}", name)
    parts = resource.split(":", 5)
    if len(parts) < 6:
        return resource == "*"
    pattern = _WHOLE_BUCKET if parts[2] == "s3" else _WIDE
    return pattern.fullmatch(parts[5]) is not None


def data_keys(stack: Stack) -> Iterator[Finding]:
    """A key unwraps only what its own app and stage wrapped."""
    for statement in _allowing(stack):
        if "kms:Decrypt" in statement.actions and stack.interfaces:
            context = statement.condition.get("StringEquals", {})
            if opens_secrets(statement) or is_for_data(statement):
                continue
            if not all(f"kms:EncryptionContext:mlfn-{part}" in context for part in ("app", "stage")):
                yield statement.owner.says("data-key", "it may unwrap other apps' data keys: ask for app and stage")


def secrets(stack: Stack) -> Iterator[Finding]:
    """A secret is read by its whole name, so that no other one opens."""
    for statement in _allowing(stack):
        if {"secretsmanager:GetSecretValue", "ssm:GetParameter"} & set(statement.actions):
            for resource in statement.resources:
                if "*" in resource:
                    yield statement.owner.says("secret-wildcard", f"it may read {resource}: name each secret")


def _allowing(stack: Stack) -> Iterator[Statement]:
    return (statement for statement in policies(stack) if statement.effect != "Deny")


def shared(stack: Stack) -> Iterator[Finding]:
    """No two functions share a role: who wrote a record could not be told."""
    seen: dict[str, str] = {}
    for function in stack.of("AWS::Lambda::Function"):
        role = in_words(function.get("Role"))
        if role in seen:
            yield function.says("role-shared", f"it has the role of {seen[role]}, and so could write its records")
        elif stack.target(function.get("Role"), "AWS::IAM::Role") is None:
            yield function.says("role-unknown", f"its role {role} is not in the template, so nobody knows what it may")
        seen.setdefault(role, function.name)
