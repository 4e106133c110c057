"""Where an image's signature is, in its layout and in its repository."""

from __future__ import annotations

ATTACHED = "signature"
"""In the layout: a file with the digest of the signature's manifest."""


def signature_tag(digest: str) -> str:
    """The tag under which cosign looks for an image's signatures."""
    return f"{digest.replace(':', '-')}.sig"
