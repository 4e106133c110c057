"""Temporary credentials for roles and users."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlfn_localstack.auth.trust import may_assume
from mlfn_localstack.services.sts.errors import not_authorised, sessions_get_no_session, too_long, unsupported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.auth.sessions import SessionCredentials, Sessions
    from mlfn_localstack.service import Environment, Operation, Params, RequestContext, Result

_CHAINED_LIMIT_S = 3600


class SessionOperations:
    """AssumeRole and GetSessionToken."""

    def __init__(self, environment: Environment, sessions: Sessions) -> None:
        self._sessions = sessions
        self._store = environment.store
        self._roles = environment.store.documents("iam-role")

    def table(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {"AssumeRole": self.assume_role, "GetSessionToken": self.get_session_token}

    async def assume_role(self, context: RequestContext, params: Params) -> Result:
        """Credentials of a role, for callers its trust policy names."""
        arn = params["RoleArn"]
        role = self._roles.get(arn.rpartition("/")[2])
        if role is None or role["Arn"] != arn or not may_assume(self._store, role, context, params):
            raise not_authorised(context.caller.arn, "sts:AssumeRole", arn)
        given = [name for name in ("Policy", "PolicyArns", "SerialNumber", "TokenCode") if params.get(name)]
        if given:
            raise unsupported(given[0])
        duration_s = params.get("DurationSeconds", 3600)
        chained = ":assumed-role/" in context.caller.arn
        if duration_s > (_CHAINED_LIMIT_S if chained else role["MaxSessionDuration"]):
            raise too_long(chained=chained)
        session = params["RoleSessionName"]
        assumed_arn = f"arn:aws:sts::{context.account_id}:assumed-role/{role['RoleName']}/{session}"
        assumed_id = f"{role['RoleId']}:{session}"
        return {
            "Credentials": _shown(self._sessions.issue(assumed_arn, assumed_id, duration_s)),
            "AssumedRoleUser": {"AssumedRoleId": assumed_id, "Arn": assumed_arn},
        }

    async def get_session_token(self, context: RequestContext, params: Params) -> Result:
        """Temporary credentials of the calling user."""
        caller = context.caller
        if ":assumed-role/" in caller.arn:
            raise sessions_get_no_session()
        issued = self._sessions.issue(caller.arn, caller.user_id, params.get("DurationSeconds", 43_200))
        return {"Credentials": _shown(issued)}


def _shown(issued: SessionCredentials) -> Result:
    return {
        "AccessKeyId": issued.access_key,
        "SecretAccessKey": issued.secret_key,
        "SessionToken": issued.token,
        "Expiration": datetime.fromtimestamp(issued.expires_at, UTC),
    }
