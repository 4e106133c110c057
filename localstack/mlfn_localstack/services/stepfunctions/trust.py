"""Whether Step Functions may take a state machine's role.

https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.errors import untrusting_role

if TYPE_CHECKING:
    from mlfn_localstack.service import Gateway

_PRINCIPAL = "states.amazonaws.com"


async def require_trust(gateway: Gateway, role: str, machine_arn: str) -> None:
    """Refuse a role that trusts Step Functions neither by its global name nor by its regional one.

    Raises:
        ServiceError: AccessDeniedException.
    """
    region = machine_arn.split(":")[3]
    asked = {"RoleArn": role, "RoleSessionName": "states"}
    for principal in (_PRINCIPAL, _PRINCIPAL.replace(".", f".{region}.", 1)):
        try:
            await gateway.call("sts", "AssumeRole", asked, principal=principal, source_arn=machine_arn)
        except ServiceError:
            continue
        return
    raise untrusting_role()
