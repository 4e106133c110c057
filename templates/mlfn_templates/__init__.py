"""Infrastructure code from a graph and its images, and new projects; reads nothing but its own package data."""

from mlfn_templates.cloudformation.app_stack import render_app
from mlfn_templates.cloudformation.base_stack import base_stack_name, render_base
from mlfn_templates.cloudformation.direct_calls import deny_direct
from mlfn_templates.cloudformation.platform_stack import platform_stack_name, render_platform
from mlfn_templates.cloudformation.seal_stack import render_seal, seal_stack_name
from mlfn_templates.cloudformation.shadow_stack import Shadowed, render_shadow
from mlfn_templates.scaffold import scaffold

__all__ = [
    "Shadowed",
    "base_stack_name",
    "deny_direct",
    "platform_stack_name",
    "render_app",
    "render_base",
    "render_platform",
    "render_seal",
    "render_shadow",
    "scaffold",
    "seal_stack_name",
]
