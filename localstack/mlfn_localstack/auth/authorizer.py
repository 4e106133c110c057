"""Whether a verified caller may do what a request asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlfn_localstack.service import Params, RequestContext


class Authorizer:
    """Lets the root user do everything, and others what their policies allow."""

    def authorize(self, context: RequestContext, params: Params) -> None:
        """Return if the caller may.

        Raises:
            ServiceError: 403 AccessDenied, in the service's words.
        """
