"""What an execution fails with where a path leads nowhere, in the words that AWS has for each field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.functional.stepfunctions.conftest import one

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.stepfunctions.conftest import Execution

    Execute = Callable[..., Execution]

INVOKE = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "f"},
    "End": True,
}


def test_a_path_into_the_context_that_leads_nowhere_shows_the_context(execute: Execute) -> None:
    execution = execute(one({"Type": "Pass", "Parameters": {"v.$": "$$.Nope.Deep"}, "End": True}))

    assert "The JSONPath '$$.Nope.Deep' specified for the field 'v.$' could not be found in the input" in str(
        execution.error[1]
    )
    assert '\'{"Execution":{"Id":"arn:aws:states:' in str(execution.error[1])


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (
            {"Type": "Fail", "ErrorPath": "$.e"},
            "The JSONPath '$.e' specified for the field 'ErrorPath' could not be found in the input '{\"n\": 1}'",
        ),
        (
            {"Type": "Fail", "Error": "E", "CausePath": "$.c"},
            "The JSONPath '$.c' specified for the field 'CausePath' could not be found in the input '{\"n\": 1}'",
        ),
        (
            {"Type": "Wait", "SecondsPath": "$.s", "End": True},
            "The SecondsPath parameter does not reference an input value: $.s",
        ),
        (
            {"Type": "Wait", "TimestampPath": "$.t", "End": True},
            "The TimestampPath parameter does not reference an input value: $.t",
        ),
        (
            {"Type": "Wait", "TimestampPath": "$.n", "End": True},
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string:"
            " $.n == 1",
        ),
        ({**INVOKE, "TimeoutSecondsPath": "$.t"}, "Invalid path '$.t' : No results for path: $['t']"),
    ],
)
def test_a_fields_path_that_leads_nowhere_says_so_in_the_fields_words(
    execute: Execute, state: dict[str, Any], reason: str
) -> None:
    execution = execute(one(state), {"n": 1})

    place = "An error occurred while executing the state 'S' (entered at the event id #2). "
    assert execution.error == ("States.Runtime", place + reason)


def test_a_path_into_the_context_that_leads_nowhere_shows_a_function_the_input(execute: Execute) -> None:
    function = "States.Format('{}', $$.Nope.Deep)"

    execution = execute(one({"Type": "Pass", "Parameters": {"v.$": function}, "End": True}), {"x": 1})

    assert str(execution.error[1]).endswith(
        f"The function '{function}' had the following error: The JsonPath argument for the field '$.Nope.Deep'"
        " could not be found in the input '{\"x\": 1}'"
    )
