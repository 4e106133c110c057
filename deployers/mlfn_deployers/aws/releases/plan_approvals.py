"""Plans that wait for approval, and the answers, in the stage's audit table.

A request lies under `P#<app>`, where deployers write. An answer lies under `Y#<id>`, the id being what STS calls its
writer: an IAM policy can allow everybody their own such key alone (`${aws:userid}`), so that nobody answers as another.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mlfn_engine.declarations.naming import audit_table
from mlfn_engine.releases.approvals import Identity, PlanAnswer, PlanRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_deployers.aws.api.clients import Clients

LIMIT = 50
"""Requests that are looked at: the newest."""
_UNANSWERED = {"AccessDenied", "AccessDeniedException"}


class PlanApprovals:
    """The requests and answers of one app and stage."""

    def __init__(self, clients: Clients, app: str, stage: str) -> None:
        self._clients = clients
        self._app = app
        self._table = audit_table(stage)

    def me(self) -> Identity:
        """Whoever asks."""
        found = self._clients.sts.get_caller_identity()
        return Identity(arn=found["Arn"], id=found["UserId"])

    def ask_once(self, request: PlanRequest) -> None:
        """Keep a request, unless the same was asked for before."""
        if all(each.digest != request.digest for each in self.requests()):
            self.ask(request)

    def ask(self, request: PlanRequest) -> None:
        """Keep a request."""
        self._put(f"P#{self._app}", f"{request.at}#{request.digest}", request.to_json())

    def answer(self, answer: PlanAnswer) -> None:
        """Keep an answer, under the key of its writer."""
        key, found_by = f"Y#{answer.by.id}", f"Y#{self._app}#{answer.digest}"
        self._put(key, f"{self._app}#{answer.digest}#{answer.at}", answer.to_json(), g1={"S": found_by})

    def requests(self) -> tuple[PlanRequest, ...]:
        """The newest requests, newest first."""
        try:
            answer = self._query("pk", f"P#{self._app}", ScanIndexForward=False, Limit=LIMIT, ConsistentRead=True)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return ()
        return tuple(PlanRequest.from_json(item["j"]["S"]) for item in answer)

    def answers(self, digest: str) -> tuple[PlanAnswer, ...]:
        """All that was said to a plan."""
        entries = self._query("g1", f"Y#{self._app}#{digest}", IndexName="GSI1")
        return tuple(self._answers(entries, digest))

    def _answers(self, entries: list[dict[str, Any]], digest: str) -> Iterator[PlanAnswer]:
        for entry in entries:
            key = {"pk": entry["pk"], "sk": entry["sk"]}
            item = self._clients.dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
            partition, sort = entry["pk"]["S"], entry["sk"]["S"]
            if item is None or not partition.startswith("Y#") or not sort.startswith(f"{self._app}#{digest}#"):
                continue  # an index entry may be put on any item; the key is what IAM has checked
            found = PlanAnswer.from_json(item["j"]["S"], partition[2:], None)
            if found.digest == digest:
                yield PlanAnswer.from_json(item["j"]["S"], partition[2:], self._is_confirmed(found.by))

    def _is_confirmed(self, who: Identity) -> bool | None:
        """Whether a name belongs to the id that an answer was written under; None if IAM does not say."""
        kind, _, name = who.arn.rpartition(":")[2].partition("/")
        own, _, session = who.id.partition(":")
        try:
            match kind:
                case "root":
                    return own == who.arn.split(":")[4]
                case "user":
                    return self._clients.iam.get_user(UserName=name.rpartition("/")[2])["User"]["UserId"] == own
                case "assumed-role":
                    role, _, called = name.partition("/")
                    return called == session and self._clients.iam.get_role(RoleName=role)["Role"]["RoleId"] == own
        except ClientError as error:
            return None if error.response["Error"]["Code"] in _UNANSWERED else False
        return False

    def _put(self, key: str, sort: str, text: str, **others: Any) -> None:
        self._clients.dynamodb.put_item(
            TableName=self._table,
            Item={"pk": {"S": key}, "sk": {"S": sort}, "j": {"S": text}, **others},
            ConditionExpression="attribute_not_exists(pk)",
        )

    def _query(self, name: str, value: str, **how: Any) -> list[dict[str, Any]]:
        answer = self._clients.dynamodb.query(
            TableName=self._table,
            KeyConditionExpression=f"{name} = :key",
            ExpressionAttributeValues={":key": {"S": value}},
            **how,
        )
        found: list[Any] = answer["Items"]
        return found


def now() -> str:
    """The time as entries hold it."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
