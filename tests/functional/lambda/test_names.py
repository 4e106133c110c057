"""What functions are called, listed and tagged by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from tests.fixtures.lambda_lab import Lab, Run

ECHO = "def handler(event, context):\n    return event"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


def test_a_name_may_be_an_arn(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(ECHO)
        await lab.do("PublishVersion")
        names = (ARN, f"{ARN}:1", "000000000000:function:f", "f:1", "function:f")
        return [(await lab.invoke(1, name))[1]["ExecutedVersion"] for name in names]

    assert run(scenario) == ["$LATEST", "1", "$LATEST", "1", "$LATEST"]


@pytest.mark.parametrize(
    ("name", "qualifier", "code"),
    [
        ("arn:aws:lambda:eu-west-1:000000000000:function:f", None, "ResourceNotFoundException"),
        ("f:1", "2", "InvalidParameterValueException"),
        ("a b", None, "ValidationException"),
    ],
    ids=str,
)
def test_a_name_that_means_nothing_here_is_refused(run: Run, name: str, qualifier: str | None, code: str) -> None:
    async def scenario(lab: Lab) -> Any:
        with pytest.raises(ServiceError) as caught:
            await lab.do("Invoke", name, **({"Qualifier": qualifier} if qualifier else {}))
        return caught.value.code

    assert run(scenario) == code


def test_lists_come_in_pages(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        for name in "abc":
            await lab.create(ECHO, name)
        first = await lab.run("lambda", "ListFunctions", {"MaxItems": 2})
        return first, await lab.run("lambda", "ListFunctions", {"MaxItems": 2, "Marker": first["NextMarker"]})

    first, second = run(scenario)

    assert [entry["FunctionName"] for entry in first["Functions"] + second["Functions"]] == ["a", "b", "c"]
    assert "NextMarker" not in second


def test_tags_belong_to_functions(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(ECHO, Tags={"a": "1"})
        await lab.run("lambda", "TagResource", {"Resource": ARN, "Tags": {"b": "2"}})
        await lab.run("lambda", "UntagResource", {"Resource": ARN, "TagKeys": ["a"]})
        return await lab.run("lambda", "ListTags", {"Resource": ARN})

    assert run(scenario) == {"Tags": {"b": "2"}}
