"""The stack that seals a stage's audit trail: signing key, locked bucket, and the sealer's schedule."""

from __future__ import annotations

from mlfn_engine.values import Template
from mlfn_templates.cloudformation.encoding import environment


def seal_stack_name(stage: str) -> str:
    """The seal stack's name."""
    return f"mlfn-seal-{stage}"


def render_seal(stage: str) -> Template:
    """The seal stack of a stage that has a base stack."""
    body = environment().get_template("seal.yaml.j2").render({"stage": stage})
    return Template(format="cloudformation", name=seal_stack_name(stage), body=body, parameters=())
