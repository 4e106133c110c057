"""Pipeline files for GitHub and GitLab: changes are checked, stages deployed with short-lived credentials."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from mlfn.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_engine.projects.stages import StageSettings

PATHS = {"github": ".github/workflows/mlfn.yml", "gitlab": ".gitlab-ci.yml"}
_PROVIDERS = {"github": "token.actions.githubusercontent.com", "gitlab": "gitlab.com"}
_AUDIENCES = {"github": "sts.amazonaws.com", "gitlab": "https://gitlab.com"}
_SUBJECTS = {
    "github": "repo:OWNER/REPOSITORY:environment:{stage}",
    "gitlab": "project_path:GROUP/PROJECT:ref_type:branch:ref:main",
}
"""What names a job in its token.

https://docs.github.com/actions/reference/openid-connect-reference, https://docs.gitlab.com/ci/cloud_services/aws/
"""


def render_ci(kind: str, stages: Mapping[str, StageSettings]) -> str:
    """The pipeline file for `github` or `gitlab`: it checks every change, and deploys the main branch stage by stage.

    Raises:
        RenderError: a stage names no role or no region.
    """
    for name, stage in stages.items():
        if stage.role is None or stage.region is None:
            missing = "role" if stage.role is None else "region"
            raise RenderError(
                f"Stage {name!r} names no {missing}, which a pipeline needs to deploy it.",
                hint=f"Write {missing} = … under [tool.mlfn.stages.{name}] in pyproject.toml.",
            )
    jinja = Environment(  # noqa: S701 - YAML, in which every value is a JSON string
        loader=PackageLoader("mlfn_templates.ci", "."),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters["text"] = json.dumps
    return jinja.get_template(f"{kind}.yaml.j2").render(stages=stages, audience=_AUDIENCES[kind])


def trust_policy(kind: str, stage: str, account: str) -> dict[str, Any]:
    """What the role of a stage must trust: the jobs of one repository, for that stage."""
    provider = _PROVIDERS[kind]
    condition = {f"{provider}:aud": _AUDIENCES[kind], f"{provider}:sub": _SUBJECTS[kind].format(stage=stage)}
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{provider}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": condition},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
