"""GetRandomPassword."""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING

from mlfn_localstack.services.secretsmanager import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result

_KINDS = {
    "ExcludeLowercase": string.ascii_lowercase,
    "ExcludeUppercase": string.ascii_uppercase,
    "ExcludeNumbers": string.digits,
    "ExcludePunctuation": string.punctuation,
}
_DEFAULT_LENGTH = 32


class PasswordOperations:
    """Passwords that nobody has thought of."""

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"GetRandomPassword": self.get}

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """A password of the kinds of characters that are not excluded."""
        length = params.get("PasswordLength") or _DEFAULT_LENGTH
        excluded = params.get("ExcludeCharacters") or ""
        kinds = [text for name, text in _KINDS.items() if not params.get(name)]
        kinds += [" "] if params.get("IncludeSpace") else []
        left = [kept for text in kinds if (kept := "".join(each for each in text if each not in excluded))]
        if not left:
            raise errors.invalid("The set of characters that a password may have is empty.")
        needed = left if params.get("RequireEachIncludedType", True) else []
        if length < len(needed):
            raise errors.invalid(f"PasswordLength {length} has no room for each included type of character.")
        drawn = [secrets.choice(text) for text in needed]
        drawn += [secrets.choice("".join(left)) for _ in range(length - len(drawn))]
        secrets.SystemRandom().shuffle(drawn)
        return {"RandomPassword": "".join(drawn)}
