"""The stack of one model's shadow: it exists only while there is one, so that nothing is left when it ends."""

from __future__ import annotations

from dataclasses import dataclass

from mlfn.shadowing import SHADOW, settings_key
from mlfn_engine.declarations.naming import aws_name, shadow_stack
from mlfn_engine.values import Template
from mlfn_templates.cloudformation.encoding import environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadowed:
    """A function whose calls are copied, and to which of its versions."""

    app: str
    stage: str
    model: str
    version: str
    role: str
    """The name of the function's role."""
    bucket: str
    """The stage's data bucket."""


def render_shadow(shadowed: Shadowed) -> Template:
    """The stack that lets a function copy its calls to one of its versions."""
    app, stage, model = shadowed.app, shadowed.stage, shadowed.model
    context = {
        "function": aws_name(app, stage, model),
        "alias": SHADOW,
        "version": shadowed.version,
        "role": shadowed.role,
        "bucket": shadowed.bucket,
        "settings": settings_key(f"{app}.{model}"),
    }
    body = environment().get_template("shadow.yaml.j2").render(context)
    return Template(format="cloudformation", name=shadow_stack(app, stage, model), body=body, parameters=())
