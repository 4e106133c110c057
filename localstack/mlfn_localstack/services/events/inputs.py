"""What a target gets of an event: all of it, a part, a constant, or a template filled in.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.events.schedules import moment

if TYPE_CHECKING:
    from collections.abc import Mapping

_STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d+)\]|\['([^']+)'\]|\["([^"]+)"\]""")
_PATH = re.compile(r"""\$(?:\.[^.\[\]]+|\[\d+\]|\['[^']+'\]|\["[^"]+"\])*""")
_PIECE = re.compile(r'(?P<escape>\\.)|(?P<quote>")|<(?P<name>[A-Za-z0-9_.\-]+)>', re.DOTALL)
_ABSENT = object()


def is_path(text: str) -> bool:
    """Whether a text is a path such as `$.detail.items[0]`."""
    return _PATH.fullmatch(text) is not None


def target_input(target: Mapping[str, Any], rule: Mapping[str, Any], event: dict[str, Any], now: float) -> str:
    """The text that a target of a rule gets for an event."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        part = select(event, target["InputPath"])
        return _dump(None if part is _ABSENT else part)
    if "InputTransformer" in target:
        transformer = target["InputTransformer"]
        values = {name: select(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}
        return _fill(transformer["InputTemplate"], values | _reserved(rule, event, now))
    return _dump(event)


def select(event: Any, path: str) -> Any:
    """The part of an event that a path leads to; a marker of its own if it leads nowhere."""
    for match in _STEP.finditer(path, 1):
        name = match[1] or match[3] or match[4]
        if name is not None and isinstance(event, dict) and name in event:
            event = event[name]
        elif match[2] is not None and isinstance(event, list) and int(match[2]) < len(event):
            event = event[int(match[2])]
        else:
            return _ABSENT
    return event


def _reserved(rule: Mapping[str, Any], event: dict[str, Any], now: float) -> dict[str, Any]:
    return {
        "aws.events.rule-arn": rule["Arn"],
        "aws.events.rule-name": rule["Name"],
        "aws.events.event.ingestion-time": moment(now).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
        "aws.events.event.json": event,
    }


def _fill(template: str, values: Mapping[str, Any]) -> str:
    """The template with its variables: bare ones as JSON, those inside of a JSON string as a part of that string."""
    filled: list[str] = []
    position, quoted = 0, False
    for match in _PIECE.finditer(template):
        filled.append(template[position : match.start()])
        position = match.end()
        if match["name"] is None:
            quoted ^= match["quote"] is not None
            filled.append(match[0])
        elif match["name"] in values:
            filled.append(_inserted(values[match["name"]], quoted=quoted))
        else:
            filled.append(match[0])
    return "".join([*filled, template[position:]])


def _inserted(value: Any, *, quoted: bool) -> str:
    if value is _ABSENT:
        return "" if quoted else '""'
    if not quoted:
        return _dump(value)
    if isinstance(value, str):
        return _dump(value)[1:-1]
    return _dump(value).replace('"', "")


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
