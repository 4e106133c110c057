"""Addresses of the emulator's own that whoever has them may use for a while, as those that AWS presigns."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from mlfn_localstack.http import HttpResponse

if TYPE_CHECKING:
    from mlfn_localstack.store import Store

_KEY = "key"


class SignedAddresses:
    """Signs what is named by a text, with a key that is kept in the collection of this name."""

    def __init__(self, store: Store, collection: str) -> None:
        self._kept = store.documents(collection)

    def query(self, text: str, valid_s: int) -> str:
        """The query of an address that names `text`."""
        expires = str(int(time.time()) + valid_s)
        return f"X-Amz-Expires-At={expires}&X-Amz-Signature={self._signature(text, expires)}"

    def refusal(self, text: str, raw_query: str) -> HttpResponse | None:
        """What to answer whoever did not get the address from here, or uses it too late; None: it is theirs to use."""
        query = {name: values[0] for name, values in parse_qs(raw_query).items()}
        expires, signature = query.get("X-Amz-Expires-At", ""), query.get("X-Amz-Signature", "")
        if not hmac.compare_digest(self._signature(text, expires).encode(), signature.encode()):
            return _refused("SignatureDoesNotMatch", "The request signature we calculated does not match.")
        return _refused("AccessDenied", "Request has expired") if int(expires) < time.time() else None

    def _signature(self, text: str, expires: str) -> str:
        key = self._kept.get(_KEY)
        if key is None:
            key = secrets.token_hex(32)
            self._kept.put(_KEY, key)
        return hmac.new(bytes.fromhex(key), f"{text}\n{expires}".encode(), hashlib.sha256).hexdigest()


def _refused(code: str, message: str) -> HttpResponse:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return HttpResponse(status=403, headers=(("Content-Type", "application/xml"),), body=body.encode())
