"""Requests signed ahead (SigV4), as the bytes that go over the wire.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote


@dataclass(frozen=True, kw_only=True)
class Signer:
    """Signs for one service with one key; a signature is good for five minutes."""

    service: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"
    moment: time.struct_time = field(default_factory=time.gmtime)

    def request(self, host: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        """A signed POST of `body`."""
        stamp = time.strftime("%Y%m%dT%H%M%SZ", self.moment)
        sent = {"content-type": "application/json", **headers, "host": host, "x-amz-date": stamp}
        names = ";".join(sorted(sent))
        lines = "".join(f"{name}:{sent[name]}\n" for name in sorted(sent))
        digest = hashlib.sha256(body).hexdigest()
        encoded = quote(path, safe="/-_.~%")
        # services other than S3 sign the path encoded once more: https://docs.aws.amazon.com (see above), step 1
        canonical = f"POST\n{quote(encoded, safe='/-_.~')}\n\n{lines}\n{names}\n{digest}"
        scope = f"{stamp[:8]}/{self.region}/{self.service}/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()
        sent["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        return f"POST {encoded} HTTP/1.1\r\n{head}content-length: {len(body)}\r\n\r\n".encode() + body

    @cached_property
    def _key(self) -> bytes:
        key = b"AWS4" + self.secret_key.encode()
        for part in (time.strftime("%Y%m%d", self.moment), self.region, self.service, "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key
