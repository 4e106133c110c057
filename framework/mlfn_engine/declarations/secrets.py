"""`secrets=`: names that a model uses, and the secrets they stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlfn.secrets import Secret
from mlfn_engine.secret_use import SecretUse, Store

if TYPE_CHECKING:
    from mlfn_engine.declarations.declared import Options

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_ID = re.compile(
    r"(?:[A-Za-z0-9/_+=.@!-]|\{stage\}){1,512}"
    r"|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@!-]{1,512}-[A-Za-z0-9]{6}"
)
_PARAMETER = re.compile(
    r"(?!/?(?i:aws|ssm))(?:/(?:[A-Za-z0-9_.-]|\{stage\})+){1,15}|(?!(?i:aws|ssm))(?:[A-Za-z0-9_.-]|\{stage\}){1,512}"
    r"|arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d{12}:parameter/[A-Za-z0-9_./-]{1,900}"
)
_KEY = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[0-9a-f-]{36}|")
_DAY_S = 86_400


def read_secrets(options: Options) -> tuple[SecretUse, ...]:
    """The secrets of a model; what is wrong with them is noted."""
    given = options.given.get("secrets", {})
    if not isinstance(given, Mapping) or not all(isinstance(each, Secret) for each in given.values()):
        sentence = f"{options.subject} has secrets that are no Secret by name."
        options.notebook.note(sentence, 'Write secrets={"API_KEY": Secret("shop/api-key")}; never a value itself.')
        return ()
    found = [_use(str(name), each, options) for name, each in given.items()]
    return tuple(use for use in sorted(filter(None, found), key=lambda use: use.name) if _is_right(use, options))


def _use(name: str, each: Secret, options: Options) -> SecretUse | None:
    if each.store not in set(Store):
        sentence = f"{options.subject} has the secret {name!r}, whose store {each.store!r} is none."
        options.notebook.note(sentence, 'Write store="secretsmanager" (the default) or store="ssm".')
        return None
    rest: dict[str, Any] = {"field": each.field, "key": each.key, "max_age_s": each.max_age_s}
    return SecretUse(name=name, id=each.name, store=Store(each.store), **rest)


def _named(use: SecretUse) -> tuple[object, str, str]:
    if use.store is Store.PARAMETERS:
        step = "Write its name, such as shop-key or /shop/{stage}/key, or its ARN."
        return _PARAMETER.fullmatch(use.id), "names no parameter", step
    return _ID.fullmatch(use.id), "names no secret", "Write its name, or its ARN with the six characters at its end."


def _is_right(use: SecretUse, options: Options) -> bool:
    checks = (
        (_NAME.fullmatch(use.name), "is called otherwise than a variable", "Use letters, digits and '_'."),
        _named(use),
        (_KEY.fullmatch(use.key), "has a key that is no KMS key's ARN", "Write arn:aws:kms:REGION:ACCOUNT:key/ID."),
        (isinstance(use.field, str) and len(use.field) <= 256, "has a field that is no name", "Write a JSON key."),
        (
            isinstance(use.max_age_s, int) and 0 < use.max_age_s <= _DAY_S,
            "has a max_age_s beyond a day",
            f"Write 1 to {_DAY_S}.",
        ),
    )
    wrong = [(what, step) for is_right, what, step in checks if not is_right]
    for what, step in wrong:
        options.notebook.note(f"{options.subject} has the secret {use.name!r}, which {what}.", step)
    return not wrong
