"""What S3 calls the accounts that own buckets and objects: 64 digits instead of their numbers.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/finding-canonical-user-id.html
"""

from __future__ import annotations

import hashlib
from functools import lru_cache


@lru_cache(maxsize=16)
def owner_id(account_id: str) -> str:
    """The canonical user ID of an account."""
    return hashlib.sha256(f"canonical user {account_id}".encode()).hexdigest()
