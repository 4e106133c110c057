"""States that are tested, and results that stand in for theirs."""

from __future__ import annotations

import json
from typing import Any

PROCESSOR = {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    "StartAt": "Each",
    "States": {"Each": {"Type": "Pass", "End": True}},
}
MAP = {"Type": "Map", "ItemsPath": "$.v", "ItemProcessor": PROCESSOR, "End": True}
BRANCH = {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": True}}}
OTHER = {"StartAt": "C", "States": {"C": {"Type": "Pass", "End": True}}}
PARALLEL = {"Type": "Parallel", "Branches": [BRANCH, OTHER], "End": True}
FAILURE = {"errorOutput": {"error": "MockException", "cause": "why"}}


def result(value: Any, **more: Any) -> dict[str, Any]:
    return {"result": json.dumps(value), **more}
