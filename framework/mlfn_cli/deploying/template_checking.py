"""Looking at templates: with mlfn's rules, and with cfn-lint where it is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn.errors import RenderError

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_engine.linting.findings import Finding

_SHOWN = 8


def read(path: Path) -> str:
    """A template that somebody wrote, or edited.

    Raises:
        RenderError: it cannot be read, or is no template.
    """
    import yaml

    from mlfn_engine.planning.templates import read_template

    hint = "Give --template a CloudFormation template in YAML or JSON."
    try:
        body = path.read_text()
        found = read_template(body).get("Resources")
    except (OSError, UnicodeDecodeError) as error:
        raise RenderError(f"{path} cannot be read: {error}.", hint=hint) from error
    except yaml.YAMLError as error:
        raise RenderError(f"{path} is neither YAML nor JSON: {' '.join(str(error).split())}.", hint=hint) from error
    if not isinstance(found, dict) or not found:
        raise RenderError(f"{path} has no resources.", hint=hint)
    return body


def look_at(name: str, body: str) -> str:
    """Which tools found nothing wrong with a template.

    Raises:
        RenderError: one of them did; what and where is told.
    """
    from mlfn_templates import rules

    found = rules.look_at(body)
    linted = _cfn_lint(body)
    if found or linted:
        raise _refused(name, found, linted or [])
    return f"{len(rules.RULES)} rules" + ("" if linted is None else " and cfn-lint")


def _cfn_lint(body: str) -> list[str] | None:
    """What cfn-lint says; None where it is not installed."""
    try:
        from cfnlint.api import ManualArgs, lint
    except ModuleNotFoundError:
        return None
    return [str(match) for match in lint(body, config=ManualArgs(regions=["us-east-1"]))]


def _refused(name: str, found: list[Finding], linted: list[str]) -> RenderError:
    told = [f"{finding.rule}: {finding.message}" for finding in found] + [f"cfn-lint: {line}" for line in linted]
    rest = f"; and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return RenderError(
        f"The template {name} must not be deployed: {'; '.join(told[:_SHOWN])}{rest}.",
        hint="Mend what is named in the template; if mlfn rendered it so, report the rule and your declaration.",
    )
