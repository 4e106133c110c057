"""Signatures of notifications, and the certificate by which subscribers check them.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from mlfn_localstack.http import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.http import HttpRequest
    from mlfn_localstack.service import Environment

CERTIFICATE_PATH = "/SimpleNotificationService-"
_SIGNED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_KEY = "key"


class Signer:
    """Signs with a key that is made at its first use and kept."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._kept = environment.store.documents("sns-signing")
        self._making = asyncio.Lock()
        self._key: Any = None

    async def sign(self, notification: Mapping[str, Any], version: str) -> dict[str, str]:
        """The signature's members of a notification."""
        kept = await self._ready()
        text = "".join(f"{name}\n{notification[name]}\n" for name in _SIGNED if notification.get(name) is not None)
        return {
            "SignatureVersion": version,
            "Signature": base64.b64encode(self._signature(text.encode(), version)).decode(),
            "SigningCertURL": f"{self._environment.endpoint}{_path(kept['certificate'])}",
        }

    async def certificate(self, request: HttpRequest) -> HttpResponse:
        """The certificate under the address that notifications name."""
        kept = self._kept.get(_KEY)
        if kept is None or request.raw_path != _path(kept["certificate"]):
            return HttpResponse(status=404, headers=(), body=b"")
        headers = (("Content-Type", "application/x-x509-ca-cert"),)
        return HttpResponse(status=200, headers=headers, body=kept["certificate"].encode())

    def _signature(self, text: bytes, version: str) -> bytes:
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - 8 MB that idle emulators save
        from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415

        # Version 1 is SHA-1 by SNS's own definition; topics choose 2.
        digest = hashes.SHA256() if version == "2" else hashes.SHA1()  # noqa: S303
        signature: bytes = self._key.sign(text, padding.PKCS1v15(), digest)
        return signature

    async def _ready(self) -> dict[str, str]:
        async with self._making:
            kept: dict[str, str] | None = self._kept.get(_KEY)
            if kept is None:
                kept = await asyncio.to_thread(_make)  # a tenth of a second or more
                self._kept.put(_KEY, kept)
            if self._key is None:
                from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

                self._key = load_pem_private_key(kept["key"].encode(), None)
            return kept


def _path(certificate: str) -> str:
    return f"{CERTIFICATE_PATH}{hashlib.sha256(certificate.encode()).hexdigest()[:32]}.pem"


def _make() -> dict[str, str]:
    from cryptography import x509  # noqa: PLC0415 - see _signature
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return {
        "key": key.private_bytes(pem, pkcs8, serialization.NoEncryption()).decode(),
        "certificate": certificate.public_bytes(pem).decode(),
    }
