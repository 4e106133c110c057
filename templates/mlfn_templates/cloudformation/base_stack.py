"""The stack that the apps of a stage share: audit table, images, data."""

from __future__ import annotations

import json
import re

from mlfn.errors import RenderError
from mlfn.runtime.large_values import CALLS, VALUES
from mlfn_engine.kms_key import CREATE
from mlfn_engine.values import Template
from mlfn_templates.cloudformation.encoding import Encoded, environment

_STAGE = re.compile(r"[a-z][a-z0-9]{0,11}")
_LIFECYCLE = {
    "rules": [
        {
            "rulePriority": 1,
            "description": "Images without a tag, two weeks after their push",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": 14,
            },
            "action": {"type": "expire"},
        }
    ]
}


def base_stack_name(stage: str) -> str:
    """The base stack's name."""
    return f"mlfn-base-{stage}"


def render_base(stage: str, kms_key: str | None = None) -> Template:
    """The base stack of a stage, whose data are under a key of the user's (its ARN, or `create`) or under AWS's.

    Raises:
        RenderError: the stage's name cannot be part of AWS's names.
    """
    if not _STAGE.fullmatch(stage):
        raise RenderError(
            f"Stage {stage!r} is no valid name.",
            hint="Use up to 12 lower-case letters and digits, starting with a letter, such as 'dev'.",
        )
    context = {
        "stage": stage,
        "lifecycle_policy": json.dumps(_LIFECYCLE, separators=(",", ":")),
        "values_prefix": VALUES,
        "calls_prefix": CALLS,
        "makes_key": kms_key == CREATE,
        "stage_key": Encoded("!GetAtt StageKey.Arn") if kms_key == CREATE else kms_key,
        "log_groups": _log_groups(stage),
    }
    body = environment().get_template("base.yaml.j2").render(context)
    return Template(format="cloudformation", name=base_stack_name(stage), body=body, parameters=())


def _log_groups(stage: str) -> tuple[str, ...]:
    """The log groups of a stage: of models, of the platform's functions, of pipelines and APIs."""
    return (
        f"/aws/lambda/*-{stage}-*",
        f"/aws/lambda/mlfn-*-{stage}",
        f"/aws/vendedlogs/states/*-{stage}-*",
        f"/aws/vendedlogs/apis/*-{stage}",
    )
