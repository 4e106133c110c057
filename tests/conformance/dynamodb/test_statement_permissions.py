"""Who may run which PartiQL statement: actions of their own, on the table or index that a statement names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.fixtures.users import new_user

if TYPE_CHECKING:
    from tests.conformance.dynamodb.conftest import Peer
    from tests.fixtures.emulator import LiveEmulator

ALLOWED = {
    "SELECT * FROM \"{}\" WHERE pk = 'mine'": True,
    "SELECT * FROM \"{}\" WHERE pk IN ['mine', 'theirs']": False,
    "SELECT * FROM \"{}\" WHERE pk = 'mine' OR pk = 'theirs'": False,
    'SELECT * FROM "{}"': False,
    "INSERT INTO \"{}\" VALUE {{'pk': 'mine'}}": True,
    "INSERT INTO \"{}\" VALUE {{'pk': 'theirs'}}": False,
    "UPDATE \"{}\" SET n = 1 WHERE pk = 'theirs'": False,
    "DELETE FROM \"{}\" WHERE pk = 'mine'": False,
}


@pytest.fixture
def limited(emulator: LiveEmulator, our_peer: Peer) -> tuple[Any, str]:
    """A client of a user who may read and add one partition of a table, and the table."""
    table = our_peer.create("pk:S")
    iam = emulator.client("iam")
    user = new_user(iam, "statements")
    statement = {
        "Effect": "Allow",
        "Action": ["dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"],
        "Resource": f"arn:aws:dynamodb:*:*:table/{table}",
        "Condition": {
            "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["mine"]},
            "Null": {"dynamodb:LeadingKeys": "false"},
        },
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=user.name, PolicyName="statements", PolicyDocument=policy)
    return emulator.client("dynamodb", **user.keys), table


@pytest.mark.parametrize(("statement", "may"), ALLOWED.items())
def test_a_statement_needs_its_action_and_its_keys(limited: tuple[Any, str], statement: str, may: bool) -> None:
    client, table = limited

    def run() -> None:
        client.execute_statement(Statement=statement.format(table))

    if may:
        run()
    else:
        with pytest.raises(ClientError, match=r"AccessDenied.*dynamodb:PartiQL"):
            run()


def test_a_batch_needs_what_each_of_its_statements_needs(limited: tuple[Any, str]) -> None:
    client, table = limited
    statements = [{"Statement": f"INSERT INTO \"{table}\" VALUE {{'pk': '{key}'}}"} for key in ("mine", "theirs")]

    with pytest.raises(ClientError, match=r"AccessDenied.*dynamodb:PartiQLInsert"):
        client.batch_execute_statement(Statements=statements)
    with pytest.raises(ClientError, match=r"AccessDenied.*dynamodb:PartiQLInsert"):
        client.execute_transaction(TransactStatements=statements)
