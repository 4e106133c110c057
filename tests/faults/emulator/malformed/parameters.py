"""Well signed calls of every operation with parameters that nobody should send."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote

import botocore.session
from botocore.exceptions import BotoCoreError
from botocore.serialize import create_serializer
from tests.faults.emulator.malformed.signing import Plain

SERVICES = (
    *("apigatewayv2", "cloudformation", "cloudtrail", "cloudwatch", "dynamodb", "dynamodbstreams", "ecr", "events"),
    *("iam", "kms", "lambda", "logs", "s3", "scheduler", "sns", "sqs", "stepfunctions", "sts"),
)
_PREFIX = "us-east-1:000000000000"
_POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
_GOOD: dict[str, tuple[str, ...]] = {
    "attributename": ("pk", "a", "g"),
    "bucket": ("things-bucket",),
    "functionname": ("echo", f"arn:aws:lambda:{_PREFIX}:function:echo:$LATEST"),
    "key": ("a", "dir/key one"),
    "loggroupname": ("/things",),
    "logstreamname": ("things",),
    "policydocument": (_POLICY,),
    "policy": (_POLICY,),
    "assumerolepolicydocument": (_POLICY,),
    "qualifier": ("$LATEST", "1", "live"),
    "repositoryname": ("things",),
    "rolename": ("targets",),
    "role": ("arn:aws:iam::000000000000:role/targets",),
    "rolearn": ("arn:aws:iam::000000000000:role/targets",),
    "queuename": ("things", "things.fifo"),
    "queueurl": ("http://localhost/000000000000/things", "http://localhost/000000000000/things.fifo"),
    "topicarn": (f"arn:aws:sns:{_PREFIX}:things",),
    "resourcearn": (f"arn:aws:sns:{_PREFIX}:things", f"arn:aws:events:{_PREFIX}:rule/things"),
    "scheduleexpression": ("rate(1 hour)", "at(2099-01-01T00:00:00)", "cron(0 0 1 1 ? 2099)"),
    "arn": (f"arn:aws:sqs:{_PREFIX}:things", f"arn:aws:lambda:{_PREFIX}:function:echo"),
    "eventpattern": ('{"source": ["a"]}',),
    "message": ("text", '{"default": "text"}'),
    "endpoint": (f"arn:aws:sqs:{_PREFIX}:things",),
    "protocol": ("sqs", "lambda"),
    "stackname": ("things",),
    "definition": ('{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}',),
    "statemachinearn": (f"arn:aws:states:{_PREFIX}:stateMachine:things",),
    "executionarn": (f"arn:aws:states:{_PREFIX}:execution:things:a",),
    "tablename": ("things",),
    "templatebody": ('{"Resources": {"A": {"Type": "AWS::Logs::LogGroup"}}}',),
    "username": ("things",),
    "n": ("1", "-1.5", "1e10"),
}
"""What makes sense by the name of a member, so that calls come further than the first check."""
_TEXTS = (
    *("", " ", "../../etc/passwd", "..%2f..%2fetc", "a/../b", "/", "//", ".", "..", "%00", "\x00", "\x7f", "\u2028"),
    *("\ud800", "a\ud83d", "\ufeff", "é" * 300, "💣", "a" * 300, "a" * 70_000, "*" * 60 + "b", "(" * 1500, "[" * 5000),
    *("'; DROP TABLE documents; --", "${jndi:ldap://x}", "{{resolve:ssm:/x}}", "%s%n%x", "$(id)", "<a>&b;</a>"),
    *("0", "-1", "1e999", "NaN", "Infinity", "9" * 4301, "1" * 39, "true", "null", "{}", "[]", '{"a": {"b": []}}'),
    *(
        "arn:aws:lambda:us-east-1:000000000000:function:echo",
        "arn:aws:iam::000000000000:role/targets",
        "arn:",
        "arn:::::",
    ),
    *(
        "pk = :a AND",
        "SET a = a + :b",
        "attribute_exists(pk)",
        "#a.b[0][1].c",
        "begins_with(pk, :a)",
        "2020-01-01T00:00:00Z",
    ),
    _POLICY,
    "Resources:\n  A: &a [*a, *a]\n",
)
_NUMBERS = (0, 1, -1, 2, 10, 100, 1000, 2**31 - 1, 2**31, 2**63 - 1, -(2**63), 2**63, 2**64, 10**30)
_ODD: tuple[Any, ...] = (None, True, "", "a", 0, 1.5, [], {}, [[]], [None], {"a": 1}, "NaN", [1, "a", {}])
_TOKEN = re.compile("[A-Za-z0-9-]+")
_MAX_DEPTH = 7
_LONGEST_POLL_S = 20


@dataclass(slots=True)
class Caller:
    """Makes calls of one service's operations."""

    service: str
    rng: Random
    api: str
    """The id of an API that is there."""
    _model: Any = field(init=False)
    _serializer: Any = field(init=False)

    def __post_init__(self) -> None:
        self._model = botocore.session.get_session().get_service_model(self.service)
        self._serializer = create_serializer(self._protocol, False)

    @property
    def operations(self) -> list[str]:
        """Every operation that AWS has."""
        return list(self._model.operation_names)

    @property
    def signing_name(self) -> str:
        """What its credential scope says."""
        name: str = self._model.metadata.get("signingName") or self._model.endpoint_prefix
        return name

    def hostile(self, operation: str) -> Plain | None:
        """A call that nobody should make; None if botocore itself cannot write it down."""
        shape = self._model.operation_model(operation).input_shape
        wild = self._protocol in ("json", "rest-json") and self.rng.random() < 0.3
        good = 0.0 if operation.startswith(("Delete", "Remove")) else self.rng.choice((0.5, 0.9))
        params = (
            {} if shape is None else _Values(self.rng, good, {"apiid": (self.api,), **_GOOD}, wild).structure(shape, 0)
        )
        if 0 < _number(params.get("WaitTimeSeconds")) <= _LONGEST_POLL_S:
            params["WaitTimeSeconds"] = 0  # who asks to wait rightly waits
        try:
            if self._protocol == "json":
                return self._json(operation, json.dumps(params, default=_as_text).encode())
            return self._bound(operation, params)
        except (BotoCoreError, ValueError, TypeError, AttributeError, KeyError, OverflowError):
            return None

    @property
    def _protocol(self) -> str:
        protocol: str = self._model.metadata["protocol"]
        return protocol

    def _json(self, operation: str, body: bytes) -> Plain:
        metadata = self._model.metadata
        headers = (
            ("Content-Type", f"application/x-amz-json-{metadata['jsonVersion']}"),
            ("X-Amz-Target", f"{metadata['targetPrefix']}.{operation}"),
        )
        return Plain(service=self.signing_name, method="POST", target="/", headers=headers, body=body)

    def _bound(self, operation: str, params: dict[str, Any]) -> Plain:
        made = self._serializer.serialize_to_request(params, self._model.operation_model(operation))
        query = made["query_string"]
        pairs = list(query.items()) if isinstance(query, dict) else query
        flat = [(name, value) for name, values in pairs for value in (values if isinstance(values, list) else [values])]
        text = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in flat)
        path = quote(quote(made["url_path"], safe="/%"), safe="/%-_.~")
        body = made["body"]
        if isinstance(body, dict):
            body = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in body.items())
        if isinstance(body, str):
            body = body.encode()
        headers = tuple((name, _one_line(value)) for name, value in made["headers"].items() if _TOKEN.fullmatch(name))
        joint = "&" if "?" in path else "?"
        target = f"{path}{joint}{text}" if text else path
        return Plain(service=self.signing_name, method=made["method"], target=target, headers=headers, body=body)


@dataclass(frozen=True, slots=True)
class _Values:
    """Values for shapes, some of which are not what the shape says."""

    rng: Random
    good: float
    """How often a value makes sense."""
    known: dict[str, tuple[str, ...]]
    wild: bool
    """Whether values may have another type than they should."""

    def structure(self, shape: Any, depth: int) -> dict[str, Any]:
        members = list(shape.members.items())
        if shape.name == "AttributeValue":
            members = [self.rng.choice(members)]
        required = {name for name, _ in members} if len(members) == 1 else set(shape.required_members)
        optional = 0.15 if depth else 0.3
        return {
            name: self.value(member, depth + 1, name)
            for name, member in members
            if self.rng.random() < (0.98 if name in required else optional)
        }

    def value(self, shape: Any, depth: int, name: str) -> Any:
        rng = self.rng
        if self.wild and rng.random() < 0.05:
            return rng.choice(_ODD)
        match shape.type_name:
            case "structure":
                return self.structure(shape, depth) if depth < _MAX_DEPTH else {}
            case "list":
                count = rng.choice((0, 1, 1, 1, 2, 30)) if depth < _MAX_DEPTH - 2 else 0
                return [self.value(shape.member, depth + 1, name) for _ in range(count)]
            case "map":
                count = rng.choice((0, 1, 1, 2)) if depth < _MAX_DEPTH else 0
                return {self._text(name): self.value(shape.value, depth + 1, name) for _ in range(count)}
            case "string" | "character":
                return rng.choice(shape.enum) if shape.enum and rng.random() < 0.9 else self._text(name)
            case _:
                return self._scalar(shape)

    def _text(self, name: str) -> str:
        if self.rng.random() < self.good:
            return self.rng.choice(self.known.get(name.lower(), ("a", "things", "pk", "1")))
        return self.rng.choice(_TEXTS)

    def _scalar(self, shape: Any) -> Any:
        rng = self.rng
        match shape.type_name:
            case "boolean":
                return rng.random() < 0.5
            case "blob":
                return rng.choice(("", "{}", "null", "x" * 100, "[" * 3000)) if self.wild else b"{}"
            case "timestamp":
                return rng.choice((0, 1, 1e9, 4e9))
            case "float" | "double":
                return rng.choice((*_NUMBERS, 0.5, -1e308))
            case _:
                low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 100)
                return rng.choice((low, high)) if rng.random() < self.good else rng.choice(_NUMBERS)


def _number(value: object) -> float:
    return value if isinstance(value, (int, float)) else 0


def _quoted(value: object) -> str:
    return quote(str(value).encode("utf-8", "surrogatepass"), safe="-_.~")


def _one_line(value: object) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return "".join(c if 32 <= ord(c) < 127 else "?" for c in text).strip()[:8000]


def _as_text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
