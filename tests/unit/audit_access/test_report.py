"""What the access report makes of a trail: which grant a call used."""

from __future__ import annotations

import pytest
from tests.fixtures.audit_calls import ACCOUNT, Calls, row

from mlfn_audit.access.policies import Identity
from mlfn_audit.access.report import Door, Subject, Way, report

FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:shop-dev-mood"
STATES = "arn:aws:states:eu-central-1:123456789012"


@pytest.mark.parametrize(
    ("execution", "role"),
    [
        pytest.param("execution:shop-dev-later:0c6e", "shop-dev-LaterAsyncRole-1A2B", id="an asynchronous run"),
        pytest.param("express:shop-dev-judge:0c6e:db10", "shop-dev-JudgeSyncRole-1A2B", id="a synchronous run"),
        pytest.param("express:shop-dev-bulk/b6b0:fdaf:44a0", "shop-dev-BulkBatchRole-1A2B", id="a line of a batch"),
        pytest.param("execution:shop-dev-bulk/b6b0:fdaf", "shop-dev-BulkBatchRole-1A2B", id="a long line of a batch"),
    ],
)
def test_a_step_uses_the_grant_of_its_pipelines_role(execution: str, role: str) -> None:
    calls = Calls()
    called = calls.add(0, pt="sfn", ex=f"{STATES}:{execution}", sn="mood", ct="aws_service", cl=1)

    (entry,) = report(subject(), [may_invoke(f"{ACCOUNT}:role/{role}")], [row(called)])

    assert (entry.way, entry.use.calls, entry.mark) == (Way.PIPELINE, 1, "")


def subject() -> Subject:
    door = Door(way=Way.PIPELINE, action="lambda:InvokeFunction", resource=f"{FUNCTION}:sfn")
    return Subject(
        app="shop",
        name="mood",
        stack="shop-dev",
        doors=(door,),
        public=False,
        principals=(),
        tokens=None,
        resource_policies=(),
    )


def may_invoke(arn: str) -> Identity:
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": f"{FUNCTION}:sfn"}
    return Identity(arn=arn, policies=(("own", {"Version": "2012-10-17", "Statement": [statement]}),), boundary=None)
