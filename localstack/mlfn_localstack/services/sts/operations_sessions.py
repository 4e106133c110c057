"""Temporary credentials for roles and users."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.identities import Identities
from mlfn_localstack.auth.trust import refused_action
from mlfn_localstack.services.sts.errors import (
    invalid_arn,
    not_authorised,
    sessions_get_no_session,
    too_long,
    unsupported,
)
from mlfn_localstack.services.sts.narrowing import new_session, packed_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.auth.sessions import SessionCredentials, Sessions
    from mlfn_localstack.service import Environment, Operation, Params, RequestContext, Result

_CHAINED_LIMIT_S = 3600
_MFA = ("SerialNumber", "TokenCode")
_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+", re.DOTALL)


class SessionOperations:
    """AssumeRole and GetSessionToken."""

    def __init__(self, environment: Environment, sessions: Sessions) -> None:
        self._sessions = sessions
        self._store = environment.store
        self._identities = Identities(environment.store)
        self._roles = environment.store.documents("iam-role")

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {"AssumeRole": self.assume_role, "GetSessionToken": self.get_session_token}

    async def assume_role(self, context: RequestContext, params: Params) -> Result:
        """Credentials of a role, for callers its trust policy names."""
        role = self._role(context, params)
        given = [name for name in (*_MFA, "ProvidedContexts") if params.get(name)]
        if given:
            raise unsupported(given[0])
        duration_s = params.get("DurationSeconds", 3600)
        chained = ":assumed-role/" in context.caller.arn
        if duration_s > (_CHAINED_LIMIT_S if chained else role["MaxSessionDuration"]):
            raise too_long(chained=chained)
        session = new_session(params, context.caller.session, self._identities, self._sessions.now())
        packed = packed_size(params)
        name = params["RoleSessionName"]
        assumed_arn = f"arn:aws:sts::{context.account_id}:assumed-role/{role['RoleName']}/{name}"
        assumed_id = f"{role['RoleId']}:{name}"
        result: Result = {
            "Credentials": _shown(self._sessions.issue(assumed_arn, assumed_id, duration_s, session)),
            "AssumedRoleUser": {"AssumedRoleId": assumed_id, "Arn": assumed_arn},
            "PackedPolicySize": packed,
            "SourceIdentity": session.source_identity or None,
        }
        return {key: value for key, value in result.items() if value is not None}

    def _role(self, context: RequestContext, params: Params) -> dict[str, Any]:
        arn = params["RoleArn"]
        if not _ARN.fullmatch(arn):
            raise invalid_arn(arn)
        role: dict[str, Any] | None = self._roles.get(arn.rpartition("/")[2])
        if role is None or role["Arn"] != arn:
            raise not_authorised(context.caller.arn, "sts:AssumeRole", arn)
        refused = refused_action(self._store, role, context, params)
        if refused is not None:
            raise not_authorised(context.caller.arn, refused, arn)
        return role

    async def get_session_token(self, context: RequestContext, params: Params) -> Result:
        """Temporary credentials of the calling user."""
        caller = context.caller
        if ":assumed-role/" in caller.arn:
            raise sessions_get_no_session()
        given = [name for name in _MFA if params.get(name)]
        if given:
            raise unsupported(given[0])
        issued = self._sessions.issue(caller.arn, caller.user_id, params.get("DurationSeconds", 43_200))
        return {"Credentials": _shown(issued)}


def _shown(issued: SessionCredentials) -> Result:
    return {
        "AccessKeyId": issued.access_key,
        "SecretAccessKey": issued.secret_key,
        "SessionToken": issued.token,
        "Expiration": datetime.fromtimestamp(issued.expires_at, UTC),
    }
