"""What is taken for the same answer, and what is known to differ between DynamoDB Local and the service."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

_EXACT = Context(prec=50)
INVALID = "One or more parameter values were invalid: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """A refusal of DynamoDB Local, ours in its place (the service's words), and why ours is right."""

    local: str
    ours: str
    why: str


_ORDER = "DynamoDB Local looks for the table and at the key before it reads expressions and values; the service after"
_WORDS = "the service's words (its recordings of 2023 to 2026), which DynamoDB Local has in another form"
_ANY = r"(?s).*"
_CONSTRAINT = r"\d+ validation errors? detected: .*"
_OLDER = (
    rf"({INVALID}(Invalid number of|ComparisonOperator|AttributeValues inside|Duplicate value|Value|Exists)"
    r"|The BETWEEN condition|ConditionalOperator|Conditions can be|Cannot have two attributes).*"
)
"""What is wrong with legacy parameters."""
DEVIATIONS = (
    Deviation(
        local=r".*attribute_type, operand type: \{.*",
        ours=r".*attribute_type, operand type: \{.*",
        why="the types are listed in the order of a hash table",
    ),
    Deviation(local=r"Cannot do operations on a non-existent table", ours=_ANY, why=_ORDER),
    Deviation(local=r"The number of conditions on the keys is invalid", ours=_ANY, why=_ORDER),
    Deviation(local=r"One of the required keys was not given a value", ours=_ANY, why=_ORDER),
    Deviation(local=r"Type mismatch for (key|attribute to update|Index Key).*", ours=_ANY, why=_ORDER),
    Deviation(local=rf"{INVALID}Type mismatch for (key|Index Key)", ours=_ANY, why=_ORDER),
    Deviation(local=r"Hash primary key values must be under.*", ours=_ANY, why=_ORDER),
    Deviation(local=r"One or more parameter values are not valid\. .*", ours=_ANY, why=_ORDER),
    Deviation(local=r"Invalid attribute value type", ours=_ANY, why=_ORDER),
    Deviation(local=_ANY, ours=_CONSTRAINT, why="the service checks its model's constraints before all else"),
    Deviation(
        local=r"(?s)(.*)A value provided cannot be converted into a number(.*)",
        ours=r"(?s)(.*)The parameter cannot be converted to a numeric value(: \S*)?(.*)",
        why=_WORDS,
    ),
    Deviation(
        local=r".*DynamoDB only supports precision up to 38 digits.*",
        ours=r".*Attempting to store more than 38 significant digits in a Number.*",
        why=_WORDS,
    ),
    Deviation(
        local=rf"(.*){INVALID}Input collection .*", ours=r"(.*)Input collection .*contains duplicates.*", why=_WORDS
    ),
    Deviation(
        local=r"Query condition missed key schema element",
        ours=r"Query condition missed key schema element: .*",
        why=_WORDS,
    ),
    Deviation(
        local=r"Consistent read cannot be true when (query|scann)ing a GSI",
        ours=r"Consistent reads are not supported.*",
        why=_WORDS,
    ),
    Deviation(
        local=r"Exclusive Start Key must have same size.*", ours=r"The provided starting key is invalid.*", why=_WORDS
    ),
    Deviation(
        local=r"Cannot have two attributes with the same name", ours=rf"{INVALID}Duplicate value in .*", why=_WORDS
    ),
    Deviation(
        local=r"((Invalid|Validation failed in) [^ ]+: )?Two document paths .*",
        ours=r"((Invalid|Validation failed in) [^ ]+: )?Two document paths .*",
        why="which of several pairs is named, DynamoDB Local leaves to the order of a hash table",
    ),
    Deviation(
        local=r".*AttributeValue: \{B:java.*",
        ours=r".*AttributeValue: \{B:.*",
        why="a Java buffer instead of the value",
    ),
    Deviation(
        local=r"Provided list of item keys contains duplicates",
        ours=r"Invalid ProjectionExpression: .*",
        why="the service looks for repeated keys once it has read the expressions",
    ),
    Deviation(
        local=r"Value provided in ExpressionAttribute\w+ unused in expressions: keys: .*",
        ours=r"Value provided in ExpressionAttribute\w+ unused in expressions: keys: .*",
        why="which of several unused names comes first, DynamoDB Local leaves to the order of a hash table",
    ),
    Deviation(local=rf"{INVALID}Size limit exceeded", ours=rf"{INVALID}Size of .*", why=_WORDS),
    Deviation(
        local=r"Updates on index keys must be of the same data type as the key attribute",
        ours=r"The update expression attempted to update the secondary index key.*",
        why="no recording tells how the service words this of legacy updates",
    ),
    Deviation(
        local=_OLDER, ours=_OLDER, why="the service checks filters before names of attributes and key conditions"
    ),
    Deviation(
        local=rf"{INVALID}Secondary index .*",
        ours=rf"({_OLDER}|Cannot specify the .* when choosing to get .*)",
        why="the service reads a request before it looks for the index",
    ),
    Deviation(
        local=rf"{INVALID}Global secondary index \w+ does not project.*",
        ours=rf"{INVALID}Secondary index \w+ does not project one or more filter attributes.*",
        why="DynamoDB Local does not look at what the filter of a scan names",
    ),
    Deviation(
        local=r"ValidationError Where clause does not contain.*",
        ours=r"(Transaction cancelled.*ValidationError|Validation failed in TransactStatements).*",
        why="DynamoDB Local says of a transaction of statements why it is cancelled in the message alone",
    ),
    Deviation(
        local=r"Transaction cancelled.*ValidationError.*",
        ours=r"Transaction cancelled.*DuplicateItem.*",
        why="the API documents the reason DuplicateItem",
    ),
    Deviation(local=r"Consistent read cannot be true when scanning a GSI", ours=_ANY, why=_ORDER),
    Deviation(
        local=r"(ValidationError Where clause|Validation failed in TransactStatements\[\d\]: Invalid returning).*",
        ours=r".*RETURNING clause is not supported in ExecuteTransaction.",
        why="both are wrong, and which is told first no recording shows",
    ),
    Deviation(
        local=r"Transaction request cannot include multiple operations on one item",
        ours=r"Invalid \w+Expression: .*",
        why="the service looks for repeated keys once it has read the expressions",
    ),
    Deviation(local=r"The table does not have the specified index.*", ours=_ANY, why=_ORDER),
    Deviation(
        local=_ANY,
        ours=rf"({INVALID}(Only DELETE|\w+ action .*is not supported)|ExpressionAttribute\w+ can only).*",
        why="the service reads a request before it looks at an item",
    ),
    Deviation(
        local=r"Transaction cancelled.*",
        ours=r"Transaction request cannot include multiple operations on one item",
        why="DynamoDB Local does not see that keys are the same if they are numbers",
    ),
    Deviation(
        local=r"(The document path|The provided expression|An operand in the update|Item size|The update).*",
        ours=r"Transaction cancelled.*ValidationError.*",
        why="in the service an update that does not fit its item cancels the transaction",
    ),
    Deviation(
        local=rf"({INVALID}ComparisonOperator \w+ is not valid for|The BETWEEN condition was provided).*",
        ours=rf"{INVALID}AttributeValues inside AttributeValueList must be of same type",
        why="the service compares the types of a legacy condition's values before it looks at them",
    ),
    Deviation(
        local=r"(The document path provided|The provided expression refers|An operand in the update).*",
        ours=r"(The document path provided|The provided expression refers|An operand in the update).*",
        why="which of several misfits of an update is named, DynamoDB Local leaves to the order of a hash table",
    ),
)


_LEFT_OUT = ("ConsumedCapacity", "ItemCollectionMetrics")
"""Sizes are estimates. DynamoDB Local tells capacity now and then without being asked, and counts other units than the
service documents for the items of batches and transactions that are not there."""


_CAPACITY = "DynamoDB Local counts a write to an index whose two keys stand one in the old and one in the new item"
_LENIENT = {
    rf"{INVALID}Secondary index .* does not project one or more filter attributes.*": (
        "DynamoDB Local lets the filter of a scan name what the index has not, and finds nothing"
    ),
    r"The update expression attempted to update the secondary index key to unsupported type": (
        "DynamoDB Local lets legacy updates give keys of indexes another type"
    ),
}
"""What DynamoDB Local does and the service refuses: our refusal, and why."""


def same(ours: Any, theirs: Any) -> bool:
    """Whether two answers, made comparable, are the same or differ in a known way."""
    return bool(ours == theirs or why_different(ours, theirs))


def why_different(ours: Any, theirs: Any) -> str | None:
    """Why two answers may differ; None if nothing says that they may."""
    if isinstance(ours, tuple) and not isinstance(theirs, tuple):
        return next((why for pattern, why in _LENIENT.items() if re.fullmatch(pattern, ours[1])), None)
    if isinstance(ours, dict) and isinstance(theirs, dict):
        rest = [{name: value for name, value in each.items() if name != "ConsumedCapacity"} for each in (ours, theirs)]
        return _CAPACITY if rest[0] == rest[1] and ours["ConsumedCapacity"]["TableName"] == "indexed" else None
    if not (isinstance(ours, tuple) and isinstance(theirs, tuple)):
        return None
    if theirs[0] == "InternalFailure":
        return "DynamoDB Local fails"
    for deviation in DEVIATIONS:
        if re.fullmatch(deviation.local, theirs[1]) and re.fullmatch(deviation.ours, ours[1]):
            return deviation.why
    return None


def comparable(params: dict[str, Any], status: int, body: Any) -> Any:
    """An answer without what is of no interest: a refusal is a tuple."""
    if "Statement" in params and status == 200 and "Items" in body:  # a SELECT has no order that both share
        body["Items"] = sorted(body["Items"], key=lambda item: _text(normal(item)))
    if status != 200:
        code = body.get("__type", "").rpartition("#")[2].replace("DuplicateItemException", "DuplicateItem")
        message = body.get("message", body.get("Message", ""))
        return code, message, _reasons(body.get("CancellationReasons")), normal(body.get("Item"))
    shown = {name: _members(name, value) for name, value in body.items() if name not in _LEFT_OUT}
    if str(params.get("ReturnValues")).startswith("UPDATED") and set(".[") & set(params.get("UpdateExpression", "")):
        shown.pop("Attributes", None)  # DynamoDB Local gives whole attributes, the service what the paths name
    told = body.get("ConsumedCapacity")
    if isinstance(told, dict) and params.get("ReturnConsumedCapacity", "NONE") != "NONE":
        shown["ConsumedCapacity"] = told
    return shown


def _reasons(reasons: Any) -> Any:
    if reasons is None:
        return None
    return [
        (reason.get("Code"), (reason.get("Message") or "").rstrip("."), normal(reason.get("Item")))
        for reason in reasons
    ]


def _members(name: str, value: Any) -> Any:
    if name == "Responses" and any("Error" in each for each in value if isinstance(each, dict)):
        return [_refused(each) if "Error" in each else normal(each) for each in value]
    if name == "Responses" and isinstance(value, dict):  # of BatchGetItem, in no order
        return {table: sorted(map(_text, normal(items))) for table, items in value.items()}
    return normal(value)


def _refused(response: dict[str, Any]) -> Any:
    """A statement of a batch that was refused; which of its mistakes is told may differ as elsewhere."""
    return {"Error": response["Error"]["Code"], "Item": normal(response["Error"].get("Item"))}


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _plain(number: str) -> str:
    return format(_EXACT.normalize(Decimal(number)), "f")


def normal(value: Any) -> Any:
    """Sets have no order; DynamoDB Local gives numbers in values back as they were sent."""
    match value:
        case {"N": str(number), **others} if not others:
            return {"N": _plain(number)}
        case {"NS": list(numbers), **others} if not others:
            return {"NS": sorted(map(_plain, numbers))}
        case {"SS": list(members), **others} | {"BS": list(members), **others} if not others:
            return {"set": sorted(members)}
        case dict():
            return {key: normal(inner) for key, inner in value.items()}
        case list():
            return [normal(inner) for inner in value]
        case _:
            return value
