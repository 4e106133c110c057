"""Which question somebody means who answers."""

from __future__ import annotations

import pytest

from mlfn_cli.calling.approving import meant

QUESTIONS = [
    {"id": "bbd52c5c60014e46", "execution": "0ccf6611-06ec-4d2a-939f-905a7799eaac"},
    {"id": "1d626e57aaaa0000", "execution": "0ccf6611-ffff-4d2a-939f-905a7799eaac"},
]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        pytest.param("bbd52c5c60014e46", [0], id="its id"),
        pytest.param("0ccf6611-06ec-4d2a-939f-905a7799eaac", [0], id="its run"),
        pytest.param("0ccf6611", [0, 1], id="runs as the audit trail shows them"),
        pytest.param("0ccf6611-ff", [1], id="as much of a run as tells it apart"),
        pytest.param("0ccf", [], id="too little"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_a_question_is_meant_by_its_id_or_its_run(name: str, found: list[int]) -> None:
    assert meant(QUESTIONS, name) == [QUESTIONS[number]["id"] for number in found]
