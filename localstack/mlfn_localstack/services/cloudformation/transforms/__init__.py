"""Transforms: what a template has to go through before it is one that CloudFormation can evaluate.

Those of parts of the template (`Fn::Transform`) come first, the innermost before what is around it; then those of the
template's own `Transform`, in their order.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros-author.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.cloudformation.errors import validation_error
from mlfn_localstack.services.cloudformation.parse import parse_template
from mlfn_localstack.services.cloudformation.transforms.include import INCLUDE, included
from mlfn_localstack.services.cloudformation.transforms.language_extensions import LANGUAGE_EXTENSIONS, extended
from mlfn_localstack.services.cloudformation.transforms.macros import called
from mlfn_localstack.services.cloudformation.transforms.serverless import SERVERLESS, translated
from mlfn_localstack.services.cloudformation.transforms.uses import SNIPPET, Use, uses

if TYPE_CHECKING:
    from mlfn_localstack.services.cloudformation.transforms.expansion import Expansion

_WHOLE = frozenset({SERVERLESS, LANGUAGE_EXTENSIONS})
"""Those that are for a whole template."""


async def expanded(body: str, expansion: Expansion) -> str:
    """What its transforms make of a template, as JSON.

    Raises:
        ServiceError: ValidationError: one of them fails.
    """
    document = parse_template(body)
    asked = uses(document.pop("Transform", []))
    found = await _without_snippets(document, expansion)
    for use in asked:
        found = await _applied(use, found, expansion)
        if not isinstance(found, dict):
            raise validation_error("Template format error: unsupported structure.")
    return json.dumps(found)


async def _without_snippets(node: Any, expansion: Expansion) -> Any:
    if isinstance(node, list):
        return [await _without_snippets(item, expansion) for item in node]
    if not isinstance(node, dict):
        return node
    found: Any = {key: await _without_snippets(value, expansion) for key, value in node.items() if key != SNIPPET}
    for use in uses(node.get(SNIPPET, [])):
        if use.name in _WHOLE:
            raise validation_error(f"Transform {use.name} can only be used for a whole template.")
        found = await _applied(use, found, expansion)
    return found


async def _applied(use: Use, fragment: Any, expansion: Expansion) -> Any:
    match use.name:
        case name if name == SERVERLESS:
            return await translated(fragment, expansion.parameters, expansion.environment)
        case name if name == LANGUAGE_EXTENSIONS:
            return extended(fragment, expansion)
        case name if name == INCLUDE:
            return await included(use, fragment, expansion)
        case _:
            return await called(use, fragment, expansion)
