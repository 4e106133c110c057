"""`Secret` declares what a model reads of a store of secrets, `secret` reads it: late, cached, never in the clear."""

from __future__ import annotations

from _thread import allocate_lock
from os import environ
from time import monotonic

from mlfn.errors import SecretError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NoReturn

MAX_AGE_S = 300
RETRY_S = 10.0
"""After which a value that could not be renewed is asked for again; until then the old one does."""
_sources: dict[str, Source] = {}


class Secret:
    """A secret of Secrets Manager: `@model(secrets={"API_KEY": Secret("shop/{stage}/api-key")})`.

    `field` takes one member of a secret that is a JSON object; `key` is the ARN of the customer-managed KMS key that
    it is encrypted with, if it is; a rotated value is seen after `max_age_s` at the latest. With `store="ssm"` it is a
    parameter of Systems Manager's Parameter Store.
    """

    __slots__ = ("field", "key", "max_age_s", "name", "store")

    def __init__(
        self, name: str, *, field: str = "", key: str = "", max_age_s: int = MAX_AGE_S, store: str = "secretsmanager"
    ) -> None:
        self.name = name
        self.store = store
        self.field = field
        self.key = key
        self.max_age_s = max_age_s

    def __repr__(self) -> str:
        return f"Secret({self.name!r})"


class SecretValue:
    """A secret's value, which shows itself to `reveal()` alone: printed, formatted or in an error it is `***`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The value itself: give it to what needs it, and keep it nowhere."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretValue) and other._text == self._text

    def __hash__(self) -> int:
        return hash((SecretValue, self._text))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret's value is not pickled: read it again where it is needed")


def secret(name: str, *, fresh: bool = False) -> SecretValue:
    """The value of a declared secret by its name in `secrets=`; `fresh` asks again, such as after a 401.

    Outside a deployed function, it is the content of the file of that name in the directory `MLFN_SECRETS`.

    Raises:
        SecretError: it is not declared, not there, or may not be read.
    """
    source = _sources.get(name)
    return SecretValue(_in_file(name) if source is None else source.text(fresh=fresh))


def declare(declared: Mapping[str, Mapping[str, Any]], settings: Mapping[str, str]) -> None:
    """Let `secret` know a function's secrets (the runtime does)."""
    for name, described in declared.items():
        _sources[name] = Source(name, described, settings)


class Source:
    """One secret, asked for when it is first needed and when its value is too old."""

    def __init__(self, name: str, described: Mapping[str, Any], settings: Mapping[str, str]) -> None:
        self._name = name
        self._id = str(described["id"]).replace("{stage}", settings.get("MLFN_STAGE", ""))
        self._store: str = described.get("store", "secretsmanager")
        self._field: str = described.get("field", "")
        self._max_age_s: float = described.get("max_age_s", MAX_AGE_S)
        self._settings = settings
        self._text: str | None = None
        self._due_s = 0.0
        self._asking = allocate_lock()

    def text(self, *, fresh: bool) -> str:
        """The value, not older than it may be.

        Raises:
            SecretError: it cannot be had.
        """
        with self._asking:
            if self._text is None or fresh or monotonic() >= self._due_s:
                self._renew()
            assert self._text is not None  # noqa: S101 - renewed, or an error was raised
            return self._text

    def _renew(self) -> None:
        from mlfn.runtime.aws import AwsError  # noqa: PLC0415 - signing is paid for by models with secrets
        from mlfn.runtime.hiding import hide  # noqa: PLC0415 - as above
        from mlfn.runtime.http import ExchangeError  # noqa: PLC0415 - as above
        from mlfn.runtime.secretsmanager import explained, get_secret_text, may_pass  # noqa: PLC0415 - as above
        from mlfn.runtime.ssm import get_parameter_text  # noqa: PLC0415 - as above

        try:
            get_text = get_parameter_text if self._store == "ssm" else get_secret_text
            whole = get_text(self._id, self._settings)
        except (AwsError, ExchangeError) as error:
            if self._text is None or not may_pass(error):
                raise explained(error, self._id, self._name, self._store) from None
            self._due_s = monotonic() + RETRY_S
            return
        hide(whole)
        self._text = self._part(whole)
        hide(self._text)
        self._due_s = monotonic() + self._max_age_s

    def _part(self, whole: str) -> str:
        if not self._field:
            return whole
        from mlfn.jsontext import decode  # noqa: PLC0415 - only for secrets with fields

        try:
            found = decode(whole)[self._field]
        except (ValueError, KeyError, TypeError):
            raise SecretError(
                f"The secret {self._id!r} ({self._name}) is no JSON object with a member {self._field!r}.",
                hint="Correct field= of its Secret, or what is in it.",
            ) from None
        return found if isinstance(found, str) else str(found)


def _in_file(name: str) -> str:
    directory = environ.get("MLFN_SECRETS")
    try:
        if directory and "/" not in name:
            with open(f"{directory}/{name}", encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs a cold start 10 ms
                return file.read().rstrip("\n")
    except (OSError, ValueError):
        pass  # said below, without what is in the file
    raise SecretError(
        f"There is no secret {name!r} here.",
        hint=f"Declare it: @model(secrets={{{name!r}: Secret(…)}}); for tests, put a file {name} with the value into "
        "a directory that MLFN_SECRETS names.",
    )
