"""Sessions of random requests, some of them mistaken: `python -m tests.faults.dynamodb` makes many more of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from tests.conformance.dynamodb.differential.sessions import Differential, Session, sessions

if TYPE_CHECKING:
    from tests.conformance.dynamodb.differential.peers import Call


@pytest.fixture(scope="module")
def differential(call_ours: Call, call_local: Call) -> Differential:
    """Both, with tables to work on."""
    found = Differential(ours=call_ours, theirs=call_local)
    found.prepare()
    return found


@given(session=sessions())
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,  # the same ones each time: others are for the command
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_a_session_of_random_requests_is_answered_as_dynamodb_local_answers_it(
    differential: Differential, session: Session
) -> None:
    found = differential.run(session)

    assert not found, "\n".join(map(str, found))
