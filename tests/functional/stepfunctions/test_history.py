"""The events of executions, as recorded on AWS: types, order, links and details."""

from __future__ import annotations


def test_a_chain_of_pass_states_links_every_event_to_the_one_before(execute):
    states = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Result": {"x": 1}, "End": True}}

    execution = execute({"StartAt": "A", "States": states}, {"in": 1})

    assert execution.types == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    assert execution.previous == [0, 0, 2, 3, 4, 5]
    assert execution.events[1]["stateEnteredEventDetails"] == {
        "name": "A",
        "input": '{"in": 1}',
        "inputDetails": {"truncated": False},
    }
    assert execution.output == {"x": 1}
