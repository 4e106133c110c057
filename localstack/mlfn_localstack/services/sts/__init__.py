"""AWS STS: who am I, temporary credentials, and tokens that prove it to others.

A token's life is not held against the rest of its session's (SessionDurationEscalation).

https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.auth.sessions import Sessions
from mlfn_localstack.credentials import ensure_credentials
from mlfn_localstack.http import Route
from mlfn_localstack.services.sts.operations_identity import IdentityOperations
from mlfn_localstack.services.sts.operations_sessions import SessionOperations
from mlfn_localstack.services.sts.operations_tokens import PREFIX, TokenOperations
from mlfn_localstack.services.sts.signing_keys import SigningKeys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.service import Environment, Operation


class Sts:
    """STS."""

    name = "sts"

    def __init__(self, environment: Environment) -> None:
        root = ensure_credentials(
            environment.state_dir,
            endpoint=environment.endpoint,
            region=environment.region,
            account_id=environment.account_id,
        )
        sessions = Sessions(root.secret_key.encode(), root.account_id)
        self._tokens = TokenOperations(environment, SigningKeys(environment.state_dir / "sts-signing.key"))
        self._operations: dict[str, Operation] = {
            **IdentityOperations().operations(),
            **SessionOperations(environment, sessions).operations(),
            **self._tokens.operations(),
        }

    def operations(self) -> Mapping[str, Operation]:
        """Every supported operation."""
        return self._operations

    def routes(self) -> Sequence[Route]:
        """What an issuer of tokens publishes."""
        return (Route(handler=self._tokens.handle_documents, prefix=PREFIX),)

    async def start(self) -> None:
        """Nothing was under way."""

    async def stop(self) -> None:
        """Nothing to let go of."""
