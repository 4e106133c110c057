"""Answers CloudFormation for a custom resource; inline functions get this module beside their code.

It takes nothing but the standard library, of any Python that Lambda has.
"""

from __future__ import annotations

import json
import urllib.request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

SUCCESS = "SUCCESS"
FAILED = "FAILED"


def send(
    event: Mapping[str, Any],
    context: Any,
    responseStatus: str,  # noqa: N803
    responseData: Mapping[str, Any] | None,  # noqa: N803
    physicalResourceId: str | None = None,  # noqa: N803
    noEcho: bool = False,  # noqa: N803
    reason: str | None = None,
) -> None:
    """Put what became of a request where CloudFormation waits for it; that it could not is printed."""
    stream = context.log_stream_name
    response = {
        "Status": responseStatus,
        "Reason": reason or f"See the details in CloudWatch Log Stream: {stream}",
        "PhysicalResourceId": physicalResourceId or stream,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": noEcho,
        "Data": responseData,
    }
    body = json.dumps(response).encode()
    request = urllib.request.Request(event["ResponseURL"], body, {"content-type": ""}, method="PUT")  # noqa: S310
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - the address that CloudFormation gave
            print(f"Status code: {answer.status}")  # noqa: T201 - into the function's log
    except OSError as error:
        print(f"cfnresponse could not send: {error}")  # noqa: T201 - into the function's log
