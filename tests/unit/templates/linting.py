"""cfn-lint on one template after the other: loading its rules takes longer than any template."""

from __future__ import annotations

from functools import cache

from cfnlint.config import ConfigMixIn
from cfnlint.decode.decode import decode_str
from cfnlint.runner import Runner


def findings(body: str) -> list[str]:
    """What cfn-lint has against a template."""
    template, errors = decode_str(body)
    if errors or template is None:
        return [str(error) for error in errors]
    return [str(match) for match in _linter().validate_template(template)]


@cache
def _linter() -> Runner:
    return Runner(ConfigMixIn(regions=["us-east-1"]))
