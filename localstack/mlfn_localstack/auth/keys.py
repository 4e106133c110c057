"""Every key the emulator issued: the root's, IAM users' and sessions'."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.auth.sessions import Sessions
from mlfn_localstack.auth.sigv4 import Credential
from mlfn_localstack.service import Caller

if TYPE_CHECKING:
    from mlfn_localstack.credentials import RootCredentials
    from mlfn_localstack.store import Store

ACCESS_KEYS = "iam-access-key"
"""The kind of document IAM keeps per access key: user name, user id, secret and status."""


class IssuedKeys:
    """Finds the credential behind an access key."""

    def __init__(self, root: RootCredentials, store: Store) -> None:
        self.sessions = Sessions(root.secret_key.encode(), root.account_id)
        self._account_id = root.account_id
        self._users = store.documents(ACCESS_KEYS)
        caller = Caller(arn=root.arn, account_id=root.account_id, user_id=root.account_id, access_key=root.access_key)
        self._root = Credential(secret_key=root.secret_key, caller=caller)

    def find(self, access_key: str, token: str | None) -> Credential | None:
        """The credential of an access key; for a session key, the one its token holds."""
        if access_key == self._root.caller.access_key:
            return self._root
        if access_key.startswith("ASIA"):
            return None if token is None else self.sessions.open(access_key, token)
        key = self._users.get(access_key)
        if key is None or key["Status"] != "Active":
            return None
        arn = f"arn:aws:iam::{self._account_id}:user{key['Path']}{key['UserName']}"
        caller = Caller(arn=arn, account_id=self._account_id, user_id=key["UserId"], access_key=access_key)
        return Credential(secret_key=key["SecretAccessKey"], caller=caller)
