"""The keeper of keys, `mlfn_audit.platform.issuers:handler`: stores what the account's token issuer publishes now."""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools import Logger

from mlfn_audit.issuers import account_issuer, issuer_document, store
from mlfn_audit.platform.clients import client

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Store the issuer's keys anew if they have changed; functions take them up within the hour.

    An issuer that does not answer makes the call fail, which its alarm tells: functions keep the keys they have.
    """
    issuer = account_issuer(client("iam"))
    if issuer is None:
        logger.info("the account hands out no web identity tokens")
        return {"issuer": None, "changed": False}
    changed = store(client("s3"), os.environ["MLFN_DATA_BUCKET"], issuer_document(issuer))
    logger.info("keys", extra={"issuer": issuer, "changed": changed})
    return {"issuer": issuer, "changed": changed}
