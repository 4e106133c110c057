"""Values in a template: no secret, and nothing that CloudFormation would fill in by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlfn_engine.linting.findings import Finding
from mlfn_engine.linting.secrets import secret_in
from mlfn_templates.rules.stack import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_templates.rules.stack import Stack

_KEY_ID = re.compile(r"\b(AKIA|ASIA)[A-Z2-7]{16}\b")
_TOKEN = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}|\bsk_live_\w{10,}")


def dynamic_references(stack: Stack) -> Iterator[Finding]:
    """No text makes CloudFormation read a secret into a property that anybody may describe."""
    for text in texts(stack.tree):
        if "{{resolve:" in text:
            yield Finding(rule="dynamic-reference", message=f"{text[:60]!r}: CloudFormation would put a value in here")


def secrets(stack: Stack) -> Iterator[Finding]:
    """No text is a credential."""
    for resource in stack.resources:
        for text in texts(resource.body):
            if _KEY_ID.search(text) or _TOKEN.search(text) or secret_in(text.encode()):
                yield resource.says("secret", "it holds a credential in plain text; keep it in Secrets Manager")
        for name, value in (resource.get("Environment", "Variables") or {}).items():
            if isinstance(value, str) and secret_in(f"{name}={value}".encode()):
                yield resource.says("secret", f"{name} holds a credential in plain text; keep it in Secrets Manager")
