"""PartiQL: the same test against our emulator and AWS's DynamoDB Local."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.conformance.dynamodb.conftest import Peer

ITEM = "WHERE pk = 'a' AND sk = 1"


@pytest.fixture
def filled(peer: Peer, indexed_table: str) -> str:
    """A table with three items in one partition."""
    for number in range(3):
        item: dict[str, Any] = {"pk": {"S": "a"}, "sk": {"N": str(number)}, "g": {"S": "x"}, "n": {"N": str(number)}}
        item |= {"tags": {"SS": ["p", "q"]}, "m": {"M": {"x": {"L": [{"N": "1"}, {"N": "2"}]}}}}
        peer.dynamodb.put_item(TableName=indexed_table, Item=item)
    return indexed_table


def rows(peer: Peer, table: str, statement: str, *parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """What a statement gives; it says `T` where the table's name stands."""
    given = {"Parameters": list(parameters)} if parameters else {}
    text = statement.replace(" T", f' "{table}"', 1)
    items: list[dict[str, Any]] = peer.dynamodb.execute_statement(Statement=text, **given)["Items"]
    return items


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ("pk = 'a'", "012"),
        ("pk = 'a' AND sk >= 1 AND n < 2", "1"),
        ("pk = 'a' ORDER BY sk DESC", "210"),
        ("pk IN ['a', 'b'] AND sk BETWEEN 1 AND 2", "12"),
        ("n IN (0, 2)", "02"),
        ("m.x[1] = 2 AND NOT n <> 1", "1"),
        ("absent IS MISSING AND tags IS NOT MISSING AND n = 2e0 -- the last", "2"),
        ("contains(tags, 'p') AND size(tags) = 2 AND attribute_type(n, 'N') AND (n = 0 OR 1 = n)", "01"),
        ("tags = <<'q', 'p'>> AND m = {'x': [1, 2]} AND n = .0", "0"),
    ],
)
def test_a_select_finds_what_its_clause_says(peer: Peer, filled: str, where: str, numbers: str) -> None:
    found = peer.dynamodb.execute_statement(Statement=f'SELECT * FROM "{filled}" WHERE {where}')["Items"]

    shown = [row["n"]["N"] for row in found]
    assert (shown if "ORDER" in where else sorted(shown)) == list(numbers)


def test_what_is_selected_is_named_by_its_last_step(peer: Peer, filled: str) -> None:
    statement = f'SELECT m.x[1], sk FROM "{filled}" WHERE pk = ? AND sk = ?'

    found = peer.dynamodb.execute_statement(Statement=statement, Parameters=[{"S": "a"}, {"N": "1"}])["Items"]

    assert found == [{"x[1]": {"N": "2"}, "sk": {"N": "1"}}]


def test_a_select_of_an_index_shows_what_the_index_has(peer: Peer, filled: str) -> None:
    statement = f"""SELECT * FROM "{filled}"."gsi" WHERE g = 'x' AND sk = 2"""

    found = peer.dynamodb.execute_statement(Statement=statement)["Items"]

    assert found == [{"pk": {"S": "a"}, "sk": {"N": "2"}, "g": {"S": "x"}}]


def test_pages_of_a_select_go_on_at_their_token(peer: Peer, filled: str) -> None:
    statement = {"Statement": f"""SELECT sk FROM "{filled}" WHERE pk = 'a'""", "Limit": 2}

    first = peer.dynamodb.execute_statement(**statement)
    second = peer.dynamodb.execute_statement(**statement, NextToken=first["NextToken"])

    assert [row["sk"]["N"] for row in (*first["Items"], *second["Items"])] == ["0", "1", "2"]
    assert "NextToken" not in second


def test_an_insert_makes_an_item_once(peer: Peer, indexed_table: str) -> None:
    insert = "INSERT INTO T VALUE {'pk': 'a', 'sk': 1, 'list': [true, null, {'x': <<1.5>>}]}"

    assert rows(peer, indexed_table, insert) == []
    with pytest.raises(ClientError, match="Duplicate primary key exists in table"):
        rows(peer, indexed_table, insert)

    (item,) = rows(peer, indexed_table, "SELECT * FROM T")
    assert item["list"] == {"L": [{"BOOL": True}, {"NULL": True}, {"M": {"x": {"NS": ["1.5"]}}}]}


def test_an_update_changes_an_item_that_is_there(peer: Peer, filled: str) -> None:
    changes = "SET n = n + 10, m.x = list_append(m.x, [3]) SET tags = set_add(tags, <<'r'>>) REMOVE g"

    (item,) = rows(peer, filled, f"UPDATE T {changes} {ITEM} RETURNING ALL NEW *")

    assert (item["n"], sorted(item["tags"]["SS"]), "g" in item) == ({"N": "11"}, ["p", "q", "r"], False)
    assert [element["N"] for element in item["m"]["M"]["x"]["L"]] == ["1", "2", "3"]
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        rows(peer, filled, "UPDATE T SET n = 1 WHERE pk = 'b' AND sk = 1")


def test_a_delete_gives_what_was_there(peer: Peer, filled: str) -> None:
    (gone,) = rows(peer, filled, f"DELETE FROM T {ITEM} AND n = 1 RETURNING ALL OLD *")

    assert gone["n"] == {"N": "1"}
    assert rows(peer, filled, f"DELETE FROM T {ITEM}") == []


def test_a_batch_answers_each_statement_on_its_own(peer: Peer, filled: str) -> None:
    insert = f"""INSERT INTO "{filled}" VALUE {{'pk': 'a', 'sk': ?}}"""
    statements = [{"Statement": insert, "Parameters": [{"N": number}]} for number in ("1", "7")]

    refused, done = peer.dynamodb.batch_execute_statement(Statements=statements)["Responses"]

    assert refused["Error"] == {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}
    assert done == {"TableName": filled}


def test_a_transaction_of_statements_is_done_as_a_whole(peer: Peer, filled: str) -> None:
    update = {"Statement": f"""UPDATE "{filled}" SET n = 9 WHERE pk = 'a' AND sk = 0"""}
    failing = {"Statement": f"""DELETE FROM "{filled}" {ITEM} AND n = 5"""}

    with pytest.raises(ClientError, match=r"\[None, ConditionalCheckFailed\]"):
        peer.dynamodb.execute_transaction(TransactStatements=[update, failing])
    assert peer.dynamodb.execute_transaction(TransactStatements=[update])["Responses"] == []

    read = {"Statement": f"""SELECT n FROM "{filled}" WHERE pk = 'a' AND sk = 0"""}
    assert peer.dynamodb.execute_transaction(TransactStatements=[read])["Responses"] == [{"Item": {"n": {"N": "9"}}}]


KEY = "Where clause does not contain a mandatory equality on all key attributes"
REFUSALS = {
    "alias": ("SELECT * FROM T t", "Aliasing is not supported"),
    "no boolean": ("SELECT * FROM T WHERE pk", "WHERE clause must contain an expression that resolves to a boolean"),
    "key of another type": (
        "SELECT * FROM T WHERE pk = 1",
        "Key attribute's data type should match its data type in table's schema: Key pk",
    ),
    "order of everything": (
        "SELECT * FROM T ORDER BY sk",
        "Must have WHERE clause in the statement when using ORDER BY clause.",
    ),
    "order by another attribute": (
        "SELECT * FROM T WHERE pk = 'a' ORDER BY n",
        "Variable reference n in ORDER BY clause must be part of the primary key",
    ),
    "missing parameter": ("SELECT * FROM T WHERE pk = ?", "Number of parameters in request and statement don't match."),
    "missing by equality": ("SELECT * FROM T WHERE n = MISSING", "MISSING must be compared using IS operator"),
    "sum": ("SELECT * FROM T WHERE n = 1 + 1", "Unsupported operator in Condition Expression. Operator: +"),
    "unordered operand": (
        "SELECT * FROM T WHERE n < true",
        "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
    ),
    "mixed set": (
        "INSERT INTO T VALUE {'pk': 'a', 'sk': 1, 's': <<1, 'a'>>}",
        "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags",
    ),
    "no key": ("INSERT INTO T VALUE {'pk': 'a'}", "Key attribute should be present in the item: Key sk"),
    "insert returning": (
        "INSERT INTO T VALUE {'pk': 'a', 'sk': 1} RETURNING ALL OLD *",
        "RETURNING is not supported in INSERT",
    ),
    "update of many": ("UPDATE T SET n = 1 WHERE pk = 'a'", KEY),
    "delete of many": ("DELETE FROM T", KEY),
    "delete returning new": (
        f"DELETE FROM T {ITEM} RETURNING ALL NEW *",
        "Invalid returning clause: RETURNING ALL NEW *. Only RETURNING ALL OLD * is allowed in DELETE statements.",
    ),
    "change in an index": ("DELETE FROM T.gsi WHERE g = 'a'", "This operation is not supported on an index"),
    "write to an index": (
        "INSERT INTO T.gsi VALUE {'pk': 'a'}",
        "FROM clause may only contain a single table name in data manipulation statements",
    ),
}


@pytest.mark.parametrize(("statement", "message"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_mistake_is_refused_with_the_services_words(
    peer: Peer, empty_table: str, statement: str, message: str
) -> None:
    text = statement.replace(" T", f' "{empty_table}"', 1)

    with pytest.raises(ClientError, match="ValidationException") as refused:
        peer.dynamodb.execute_statement(Statement=text)

    assert refused.value.response["Error"]["Message"] == message


UNREADABLE = "Statement wasn't well formed, can't be processed: "
OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range under root"
RECORDED = {
    "leftover": ('SELECT * FROM "t" WHERE pk = 1 foo', f"{UNREADABLE}Unexpected token after expression"),
    "order of a delete": (
        "DELETE FROM \"t\" WHERE pk = 'a' ORDER BY pk",
        f"{UNREADABLE}Unexpected token after expression",
    ),
    "exponent": ('SELECT * FROM "t" WHERE pk = 1e2147483648', UNREADABLE),
    "hash": ('SELECT * FROM "t" WHERE pk = 1 # note', UNREADABLE),
    "open comment": ('SELECT * FROM "t" WHERE pk = 1 /* note', UNREADABLE),
    "too large": ('SELECT * FROM "t" WHERE pk = 1e126', OVERFLOW),
    "too large in a map": ("INSERT INTO \"t\" VALUE {'m': {'x': 1e126}}", f"{OVERFLOW}.x"),
    "too large in a list": ("INSERT INTO \"t\" VALUE {'l': [1, 1e126]}", f"{OVERFLOW}[1]"),
    "three steps": ('SELECT * FROM "t"."i"."x"', "A path may contain at most 2 components in the FROM clause"),
    "empty name": ('SELECT * FROM ""', "Path component cannot be an empty string"),
}


@pytest.mark.parametrize(("statement", "message"), RECORDED.values(), ids=RECORDED.keys())
def test_what_cannot_be_read_is_refused_as_aws_was_recorded_to(our_peer: Peer, statement: str, message: str) -> None:
    with pytest.raises(ClientError) as refused:
        our_peer.dynamodb.execute_statement(Statement=statement)

    assert refused.value.response["Error"]["Message"] == message


def test_an_unknown_index_is_not_repeated(our_peer: Peer) -> None:
    table = our_peer.create("pk:S")

    with pytest.raises(ClientError, match=r"The table does not have the specified index$"):
        our_peer.dynamodb.execute_statement(Statement=f'SELECT * FROM "{table}"."none"')
