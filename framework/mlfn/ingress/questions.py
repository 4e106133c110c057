"""What pipelines ask people, and the answers: one item a question, in a table of the app's own."""

from __future__ import annotations

from mlfn.jsontext import decode, encode
from mlfn.runtime.aws import AwsClient, AwsError
from mlfn.sha256 import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Values = dict[str, Any]

TABLE = "MLFN_APPROVALS_TABLE"
OPEN_INDEX = "open"
KEPT_S = 400 * 86_400
"""After it was asked; the audit trail keeps who answered."""
_PREFIX = "DynamoDB_20120810."
_REFUSED = "ConditionalCheckFailedException"


class Question:
    """A question as the table holds it; without `answer` it is open."""

    __slots__ = ("values",)

    def __init__(self, values: Values) -> None:
        self.values = values

    def text(self, name: str) -> str:
        """One of its texts, or nothing."""
        return str(self.values.get(name, ""))

    @property
    def by(self) -> tuple[str, ...]:
        """The principals that may answer."""
        return tuple(decode(self.text("by")))

    @property
    def until(self) -> int:
        """When its time is up, in seconds since 1970; 0: when the run's is."""
        return int(self.values.get("until", 0))

    @property
    def delivered(self) -> bool:
        """Its answer has reached the pipeline."""
        return "delivered" in self.values


def question_id(token: str) -> str:
    """The name of a question, which does not tell its token."""
    return sha256(token.encode()).hex()[:16]


class Questions:
    """The table, over a connection of our own."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.table = environ.get(TABLE, "")
        self._client = AwsClient("dynamodb", environ)

    def ask(self, values: Values, *, timeout_s: float) -> None:
        """Keep a question; the same one again is the same.

        Raises:
            AwsError: the table refuses.
            ExchangeError: it does not answer in time.
        """
        condition = {"ConditionExpression": "attribute_not_exists(id)"}
        try:
            self._call("PutItem", {"Item": _item({**values, "open": "1"}), **condition}, timeout_s)
        except AwsError as error:
            if error.code != _REFUSED:
                raise

    def find(self, question: str, *, timeout_s: float) -> Question | None:
        """A question by its name."""
        answer = self._call("GetItem", {"Key": {"id": {"S": question}}, "ConsistentRead": True}, timeout_s)
        return Question(_values(answer["Item"])) if answer.get("Item") else None

    def open(self, *, timeout_s: float) -> list[Question]:
        """What nobody has answered, oldest first."""
        found: list[Question] = []
        request: Values = {
            "IndexName": OPEN_INDEX,
            "KeyConditionExpression": "#open = :open",
            "ExpressionAttributeNames": {"#open": "open"},
            "ExpressionAttributeValues": {":open": {"S": "1"}},
        }
        while True:
            answer = self._call("Query", request, timeout_s)
            found += [Question(_values(each)) for each in answer.get("Items", ())]
            if "LastEvaluatedKey" not in answer:
                return found
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def answer(self, question: str, answer: Values, *, timeout_s: float) -> Question | None:
        """Keep an answer, unless there is one: then that earlier one; None if this is the first."""
        item = _item(answer)
        names = {"#open": "open", **{f"#{name}": name for name in item}}
        sets = ", ".join([f"#{name} = :{name}" for name in item])
        values = {f":{name}": each for name, each in item.items()}
        request = {
            "Key": {"id": {"S": question}},
            "ConditionExpression": "attribute_exists(id) AND attribute_not_exists(#answer)",
            "UpdateExpression": f"SET {sets} REMOVE #open",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
        try:
            self._call("UpdateItem", request, timeout_s)
        except AwsError as error:
            if error.code != _REFUSED:
                raise
            return self.find(question, timeout_s=timeout_s)
        return None

    def close(self, question: str, mark: str, *, timeout_s: float) -> None:
        """Mark a question `delivered`, or `over`: nobody waits for an answer any more."""
        request = {
            "Key": {"id": {"S": question}},
            "UpdateExpression": "SET #mark = :one REMOVE #open",
            "ExpressionAttributeNames": {"#mark": mark, "#open": "open"},
            "ExpressionAttributeValues": {":one": {"S": "1"}},
        }
        self._call("UpdateItem", request, timeout_s)

    def _call(self, operation: str, request: Values, timeout_s: float) -> Values:
        body = encode({"TableName": self.table, **request}).encode()
        answer = decode(self._client.call(_PREFIX + operation, body, timeout_s=timeout_s).decode())
        return answer if isinstance(answer, dict) else {}


def _item(values: Values) -> Values:
    return {
        name: {"N": str(value)} if isinstance(value, int) else {"S": value}
        for name, value in values.items()
        if value != ""
    }


def _values(item: Values) -> Values:
    return {name: int(each["N"]) if "N" in each else each["S"] for name, each in item.items()}
