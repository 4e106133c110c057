"""In which order AWS writes the members of a template, as recorded."""

from __future__ import annotations

import pytest

from mlfn_localstack.services.stepfunctions.asl.java_hash_map import hash_map_order
from mlfn_localstack.services.stepfunctions.asl.templates import expand_paths


@pytest.mark.parametrize(
    ("members", "recorded"),
    [
        (["Name.$", "StateMachineArn.$", "Input.$"], ["Input", "StateMachineArn", "Name"]),
        (["FunctionName.$", "Payload"], ["Payload", "FunctionName"]),
        (["QueueUrl.$", "MessageBody"], ["MessageBody", "QueueUrl"]),
        (
            ["original_input.$", "iteration_input_value.$", "iteration_index.$", "from_input_constant.$", "constant"],
            ["constant", "iteration_input_value", "from_input_constant", "iteration_index", "original_input"],
        ),
        (["z", "a", "m"], ["z", "a", "m"]),
    ],
    ids=["paths alone", "a call", "a message", "an item", "nothing to read"],
)
def test_what_a_path_reads_is_written_after_what_is_given(members: list[str], recorded: list[str]) -> None:
    written = expand_paths(dict.fromkeys(members, "$"), lambda path: path, lambda: "{}")

    assert list(written) == recorded


def test_a_map_of_more_than_twelve_keys_is_larger_and_in_another_order() -> None:
    many = hash_map_order(["a", "p", *"ABCDEFGHIJK"])

    assert hash_map_order(["a", "p"]) == ["p", "a"]
    assert [key for key in many if key in "ap"] == ["a", "p"]


def test_keys_that_meet_in_one_place_keep_their_order() -> None:
    assert hash_map_order(["Aa", "BB"]) == ["Aa", "BB"]
    assert hash_map_order(["BB", "Aa"]) == ["BB", "Aa"]
