"""Who may invoke functions: AWS's services, each for one resource of this account."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlfn_engine.planning.templates import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_engine.linting.findings import Finding
    from mlfn_templates.rules.stack import Resource, Stack

_SERVICE = re.compile(r"[a-z-]+\.amazonaws\.com")
_API_SOURCE = re.compile(r":\$\{\w+\}/[^/]+/(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)/.*[^*]")


def grants(stack: Stack) -> Iterator[Finding]:
    """Every permission names a service, its resource and this account."""
    for permission in stack.of("AWS::Lambda::Permission"):
        principal = str(permission.get("Principal"))
        if not _SERVICE.fullmatch(principal):
            yield permission.says("permission-principal", f"{principal!r} may invoke; only AWS's services should")
        if permission.get("Action") != "lambda:InvokeFunction":
            yield permission.says("permission-action", f"it allows {permission.get('Action')}, not only invoking")
        if in_words(permission.get("SourceAccount")) != "AWS::AccountId":
            yield permission.says("permission-account", "without SourceAccount the service may act for anybody")
        yield from _source(stack, permission, principal)


def _source(stack: Stack, permission: Resource, principal: str) -> Iterator[Finding]:
    source = in_words(permission.get("SourceArn"))
    if permission.get("SourceArn") is None or source.strip("*:") in ("", "arn"):
        yield permission.says("permission-source", "it names no resource that the service may call for (SourceArn)")
    elif principal.startswith("apigateway"):
        if not _API_SOURCE.search(source):
            yield permission.says("permission-source", "it holds for more than one route: name API, method and path")
        alias = stack.target(permission.get("FunctionName"), "AWS::Lambda::Alias")
        if alias is None or alias.get("Name") != "api":
            yield permission.says("api-alias", "the API may invoke more than the alias 'api': grant it on that alone")
