"""What is wrong with a definition."""

from __future__ import annotations

import json
from typing import Any

from mlfn_localstack.services.stepfunctions.validation import validate


def problems(definition: Any, *, express: bool = False) -> list[str]:
    text = definition if isinstance(definition, str) else json.dumps(definition)
    return [str(diagnostic) for diagnostic in validate(text, express=express)]
