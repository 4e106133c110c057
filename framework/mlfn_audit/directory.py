"""Which partitions of the table hold records, found by key: the directory of models, then each model's of hours."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from concurrent.futures import Future

Item = dict[str, dict[str, Any]]
_AHEAD = 4
"""Partitions that are asked for before they are read: each answer is at most a megabyte."""
LAST_HOUR = "9"
"""After every hour."""
ROOT = "B#"
"""The partition that lists the models: its entries are written by the sealer, `sk` being `<app>.<name>`."""


class TableClient(Protocol):
    """What reading and sealing need of boto3's DynamoDB client."""

    def query(self, **request: Any) -> Mapping[str, Any]:
        """`Query`."""

    def get_item(self, **request: Any) -> Mapping[str, Any]:
        """`GetItem`."""

    def batch_get_item(self, **request: Any) -> Mapping[str, Any]:
        """`BatchGetItem`."""

    def put_item(self, **request: Any) -> Mapping[str, Any]:
        """`PutItem`."""

    def describe_table(self, **request: Any) -> Mapping[str, Any]:
        """`DescribeTable`."""


class StackClient(Protocol):
    """What finding apps needs of boto3's CloudFormation client."""

    def describe_stacks(self, **request: Any) -> Mapping[str, Any]:
        """`DescribeStacks`."""


def origin(client: TableClient, table: str, region: str, account: str) -> str:
    """The name of a table's trail, of its checkpoints and of the key that signs them.

    A table that is made anew has another id, so that its trail is another.
    """
    table_id: str = client.describe_table(TableName=table)["Table"]["TableId"]
    return f"{table}.{region}.{account}.{table_id[:8]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """An hour of a model version."""

    hour: str
    key: str


def partition_items(
    client: TableClient, table: str, key: str, *, since: str = "", fields: tuple[str, ...] = ()
) -> Iterator[Item]:
    """The items of a partition from sort key `since` on, as the table has them now (no index, strongly consistent)."""
    request = _request(table, key, since, fields)
    return _pages(client, request, client.query(**request))


def items_of(client: TableClient, table: str, parts: Iterable[Partition], *, since: str = "") -> Iterator[Item]:
    """The items of one partition after the other, as `partition_items` has them.

    The first answers of the next partitions are on their way while those of one are read.
    """
    with ThreadPoolExecutor(_AHEAD) as pool:
        coming: deque[tuple[dict[str, Any], Future[Mapping[str, Any]]]] = deque()
        for part in parts:
            request = _request(table, part.key, since, ())
            coming.append((request, pool.submit(client.query, **request)))
            if len(coming) > _AHEAD:
                request, answer = coming.popleft()
                yield from _pages(client, request, answer.result())
        for request, answer in coming:
            yield from _pages(client, request, answer.result())


def _request(table: str, key: str, since: str, fields: tuple[str, ...]) -> dict[str, Any]:
    names = {"#p": "pk", "#s": "sk", **{f"#f{number}": name for number, name in enumerate(fields)}}
    request: dict[str, Any] = {
        "TableName": table,
        "ConsistentRead": True,
        "KeyConditionExpression": "#p = :p AND #s >= :s",
        "ExpressionAttributeValues": {":p": {"S": key}, ":s": {"S": since or "!"}},
        "ExpressionAttributeNames": names,
    }
    if fields:
        request["ProjectionExpression"] = ", ".join(name for name in names if name != "#p")
    return request


def _pages(client: TableClient, request: dict[str, Any], answer: Mapping[str, Any]) -> Iterator[Item]:
    while True:
        yield from answer["Items"]
        if not answer.get("LastEvaluatedKey"):
            return
        answer = client.query(**request, ExclusiveStartKey=answer["LastEvaluatedKey"])


def known_models(client: TableClient, table: str) -> set[str]:
    """The models that the directory lists: every one that was ever deployed while a sealer ran."""
    return {item["sk"]["S"] for item in partition_items(client, table, ROOT)}


def enter_models(client: TableClient, table: str, models: Iterable[str]) -> None:
    """List models, so that their records are found when their stack is gone."""
    for model in sorted(models):
        client.put_item(TableName=table, Item={"pk": {"S": ROOT}, "sk": {"S": model}})


def partitions(
    client: TableClient, table: str, models: Iterable[str], *, since_hour: str = "", until_hour: str = LAST_HOUR
) -> list[Partition]:
    """The partitions of these models from an hour on, up to another and with it, in the order of their hours."""
    found = set()
    for model in models:
        for item in partition_items(client, table, f"B#{model}", since=since_hour):
            # Functions write these entries: one of another form leads nowhere.
            match item["sk"]["S"].split("#"):
                case [hour, *_] if hour > until_hour:
                    break
                case [hour, version, _, shard]:
                    found.add((hour, f"A#{model}#{version}#{hour}#{shard}"))
    return [Partition(hour=hour, key=key) for hour, key in sorted(found)]


def deployed_models(client: StackClient, stage: str) -> set[str]:
    """The ids of the models and pipelines of a stage's stacks, from their tags and outputs."""
    return {model for stack in app_stacks(client, stage) for model in stack.models}


@dataclass(frozen=True, slots=True, kw_only=True)
class AppStack:
    """An app's stack as its tags and outputs describe it."""

    app: str
    stage: str
    functions: tuple[str, ...]
    """Names in Lambda, the front door of pipelines among them."""
    machines: tuple[str, ...]

    @property
    def models(self) -> set[str]:
        """The ids of its models and pipelines."""
        names = [self.key_of(name) for name in (*self.functions, *self.machines)]
        return {f"{self.app}.{name}" for name in names if "-" not in name}

    def model_of(self, function: str) -> str | None:
        """The id of the model that a function runs; None for the front door of pipelines."""
        name = self.key_of(function)
        return None if "-" in name else f"{self.app}.{name}"

    def recorded_by(self, function: str) -> tuple[str, ...]:
        """Whose calls a function records: its model's, or every pipeline's and, as its own, what was no call of any."""
        own = f"{self.app}.{self.key_of(function)}"
        if self.model_of(function) is not None:
            return (own,)
        return (*(f"{self.app}.{self.key_of(name)}" for name in self.machines), own)

    def key_of(self, name: str) -> str:
        """A function's or state machine's name inside the app."""
        return name.removeprefix(f"{self.app}-{self.stage}-")


def app_stacks(client: StackClient, stage: str) -> Iterator[AppStack]:
    """The stacks of a stage's apps."""
    request: dict[str, Any] = {}
    while True:
        answer = client.describe_stacks(**request)
        for stack in answer["Stacks"]:
            if (found := _app_stack(stack, stage)) is not None:
                yield found
        if not answer.get("NextToken"):
            return
        request["NextToken"] = answer["NextToken"]


def _app_stack(stack: Mapping[str, Any], stage: str) -> AppStack | None:
    tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", ())}
    app = tags.get("mlfn:app")
    if app is None or tags.get("mlfn:stage") != stage:
        return None
    # `<Prefix>Function` is a function's name, `<Prefix>StateMachine` a state machine's ARN (docs/architecture.md).
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}
    own = {key: value.rsplit(":", 1)[-1] for key, value in outputs.items()}
    own = {key: name for key, name in own.items() if name.startswith(f"{app}-{stage}-")}
    return AppStack(
        app=app,
        stage=stage,
        functions=tuple(sorted(name for key, name in own.items() if key.endswith("Function"))),
        machines=tuple(sorted(name for key, name in own.items() if key.endswith("StateMachine"))),
    )
