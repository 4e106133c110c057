"""Secrets: read when they are needed, renewed, and nowhere in the clear."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from tests.functional.runtime.test_capture import BUCKET, sides

from mlfn import secrets
from mlfn.errors import SecretError
from mlfn.runtime import hiding
from mlfn.runtime.hiding import hidden, hide
from mlfn.secrets import SecretValue, Source, secret

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.functional.runtime.conftest import Function, Rewrite
    from tests.functional.runtime.servers import Server, Table

CANARY = 'canary-"71c6"-\u00e9t\u00e9\\n'
TELLTALE = """
import logging, sys
from dataclasses import dataclass
from mlfn.secrets import secret

@dataclass
class Review:
    text: str

@dataclass
class Sentiment:
    label: str
    score: float

def sentiment(review: Review) -> Sentiment:
    key = secret("API_KEY")
    value = key.reveal()
    print("printed", key, value)
    print({"in a dict": value}, file=sys.stderr)
    logging.warning("logged %s", value)
    if review.text == "exit":
        raise SystemExit(value)
    if review.text == "raise":
        raise KeyError(value)
    return Sentiment(label=value, score=0.5)

def summed_up(result: Sentiment) -> str:
    return f"said {result.label}"
"""


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_sources", {})
    monkeypatch.setattr(hiding, "_forms", [])


@pytest.fixture
def telltale(function: Function, table: Table, manifest: Rewrite) -> Function:
    """A model that tells its secret wherever it can."""
    manifest(
        secrets={"API_KEY": {"id": "shop/{stage}/api-key", "max_age_s": 300}},
        audit={"mode": "standard", "capture": "full", "summary": "app:summed_up"},
        **sides(str, str),
    )
    (function.root / "app.py").write_text(TELLTALE)
    table.secrets["shop/dev/api-key"] = CANARY
    return function.start(MLFN_STAGE="dev", **BUCKET)


def traces(function: Function, table: Table) -> str:
    """Everything that a function left: its log, its records and its payloads."""
    kept = [function.log.read_text(), json.dumps(list(table.items.values()), ensure_ascii=False)]
    return "\n".join([*kept, *(body.decode() for body in table.objects.values())])


def in_clear(text: str) -> bool:
    """Whether the secret is in a text in any of its shapes."""
    return any(shape in text for shape in ("71c6", CANARY, json.dumps(CANARY)[1:-1], repr(CANARY)[1:-1]))


@pytest.mark.parametrize("said", ["fine", "raise"])
def test_a_secret_is_in_no_log_record_payload_or_error(telltale: Function, table: Table, said: str) -> None:
    answer = telltale.invoke({"text": said})
    telltale.settle()

    left = traces(telltale, table)
    assert table.secrets_asked == ["shop/dev/api-key"]
    assert "printed *** ***" in left
    assert "logged ***" in left
    assert not in_clear(left)
    assert len(table.records()) == 1
    if said == "raise":
        assert not in_clear(answer.body.decode())
        assert b"***" in answer.body


def test_a_model_that_exits_with_its_secret_does_not_tell_it(telltale: Function, table: Table) -> None:
    telltale.invoke({"text": "exit"}, wait=False)
    telltale.running.wait(timeout=60)

    assert not in_clear(traces(telltale, table))
    assert [record.error for record in table.records()] == ["SystemExit"]


def test_a_secret_is_asked_for_once_for_many_calls(telltale: Function, table: Table) -> None:
    for _ in range(3):
        telltale.invoke({"text": "fine"})

    assert len(table.secrets_asked) == 1


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("ResourceNotFoundException", "Create it"),
        ("AccessDeniedException", "Deploy the app again"),
        ("InvalidRequestException", "restore-secret"),
        ("Odd", "endpoint for secretsmanager"),
    ],
)
def test_a_secret_that_cannot_be_had_says_which_and_what_to_do(table: Table, code: str, hint: str) -> None:
    table.secrets["shop/key"] = f"!{code}"

    with pytest.raises(SecretError) as raised:
        source(table).text(fresh=False)

    assert raised.value.message.startswith(f"The secret 'shop/key' (KEY) cannot be read: {code}")
    assert hint in raised.value.hint


def source(table: Table, **described: Any) -> Source:
    settings = {"AWS_ENDPOINT_URL": f"http://{table.server.address}", "AWS_ACCESS_KEY_ID": "a"}
    return Source("KEY", {"id": "shop/key", **described}, settings)


def test_a_rotated_value_is_seen_when_the_old_one_is_too_old_or_asked_for_anew(table: Table) -> None:
    table.secrets["shop/key"] = "first-value"
    aging, kept = source(table, max_age_s=0.0), source(table)
    before = aging.text(fresh=False), kept.text(fresh=False)

    table.secrets["shop/key"] = "second-value"

    assert before == ("first-value", "first-value")
    assert aging.text(fresh=False) == "second-value"
    assert kept.text(fresh=False) == "first-value"
    assert kept.text(fresh=True) == "second-value"
    assert hidden("first-value second-value") == "*** ***"


def test_the_old_value_does_while_secrets_manager_is_away_and_not_when_it_refuses(table: Table) -> None:
    table.secrets["shop/key"] = "old-value"
    asked = source(table, max_age_s=0.0)
    asked.text(fresh=False)

    table.secrets["shop/key"] = "!InternalServiceError"
    away = asked.text(fresh=True)
    table.secrets["shop/key"] = "!AccessDeniedException"

    assert away == "old-value"
    with pytest.raises(SecretError):
        asked.text(fresh=True)


def test_a_field_is_one_member_of_a_json_object(table: Table) -> None:
    table.secrets["shop/key"] = json.dumps({"user": "shop", "password": "hunter-22"})

    assert source(table, field="password").text(fresh=False) == "hunter-22"
    assert hidden("it is hunter-22") == "it is ***"
    with pytest.raises(SecretError, match="no JSON object with a member 'pin'"):
        source(table, field="pin").text(fresh=False)


def test_bytes_are_text_or_refused(server_of: Callable[[Any], Server]) -> None:
    bodies = iter([{"SecretBinary": "aHVudGVyLTIy"}, {"SecretBinary": "/w=="}])
    server = server_of(lambda *_: (200, {}, json.dumps(next(bodies)).encode()))
    asked = Source("KEY", {"id": "k"}, {"AWS_ENDPOINT_URL": f"http://{server.address}"})

    assert asked.text(fresh=False) == "hunter-22"
    with pytest.raises(SecretError, match="'k' is not text"):
        asked.text(fresh=True)


def test_a_value_shows_itself_to_reveal_alone() -> None:
    value = SecretValue("hunter-22")

    assert f"{value} {value!r} {[value]}" == "*** *** [***]"
    assert value.reveal() == "hunter-22"
    assert value == SecretValue("hunter-22")
    assert hash(value) == hash(SecretValue("hunter-22"))
    with pytest.raises(TypeError, match="is not pickled"):
        pickle.dumps(value)


def test_in_a_test_a_secret_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "API_KEY").write_text("hunter-22\n")
    monkeypatch.setenv("MLFN_SECRETS", str(tmp_path))

    assert secret("API_KEY").reveal() == "hunter-22"
    with pytest.raises(SecretError, match="There is no secret 'OTHER' here"):
        secret("OTHER")


def test_short_values_hide_nothing() -> None:
    hide("12345")

    assert hidden("12345") == "12345"


def test_a_parameter_is_read_decrypted_and_kept_while_its_store_is_overwhelmed(table: Table) -> None:
    table.secrets["/shop/key"] = "first-value"
    parameter = source(table, id="/shop/key", store="ssm", max_age_s=0.0)
    before = parameter.text(fresh=False)
    table.secrets["/shop/key"] = "!ThrottlingException"

    assert (before, parameter.text(fresh=False)) == ("first-value", "first-value")
    assert hidden("first-value") == "***"
    with pytest.raises(SecretError, match=r"'/shop/none' \(KEY\) cannot be read: ParameterNotFound") as missing:
        source(table, id="/shop/none", store="ssm").text(fresh=False)
    assert "mlfn secret set" in missing.value.hint
