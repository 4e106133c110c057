"""Signed notes beside the examples that Go's implementation publishes."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mlfn_audit.note import PublicKey, opened, signed
from mlfn_audit.signing import FileSigner

# https://pkg.go.dev/golang.org/x/mod/sumdb/note
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = (
    GO_TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
SIGNER = FileSigner(name="log.example", key=Ed25519PrivateKey.from_private_bytes(bytes(32)))


def test_gos_note_is_opened_with_gos_key() -> None:
    key = PublicKey.parse(GO_KEY)

    assert opened(GO_NOTE, key) == GO_TEXT
    assert str(key) == GO_KEY


def test_a_note_is_opened_by_its_signers_key() -> None:
    assert opened(signed("one\n\ntwo\n", SIGNER), SIGNER.public_key) == "one\n\ntwo\n"


def test_witnesses_may_sign_too() -> None:
    note = signed("text\n", SIGNER) + "— witness.example AAAAAAAA\n"

    assert opened(note, SIGNER.public_key) == "text\n"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param(lambda note: note.replace("one", "two"), "not valid", id="text"),
        pytest.param(lambda note: note.replace("log.example", "log.other"), "not signed by", id="name"),
        pytest.param(lambda note: note.replace("— ", "- "), "signature line", id="dash"),
        pytest.param(lambda note: note[:-1], "not a signed note", id="last newline"),
        pytest.param(lambda note: note.replace("one", "one\r"), "control", id="control character"),
        pytest.param(lambda note: note[: note.rindex(" ")] + " ?\n", "signature line", id="base64"),
        pytest.param(lambda note: note[: note.rindex(" ")] + " AAAA\n", "signature line", id="short"),
        pytest.param(lambda note: note.replace("\n\n", "\n"), "not a signed note", id="no empty line"),
        pytest.param(lambda note: "x" * 70_000 + note, "not a signed note", id="too large"),
    ],
)
def test_a_changed_note_is_refused(change: object, problem: str) -> None:
    note = change(signed("one\n", SIGNER))  # type: ignore[operator]  # a lambda of the table above

    with pytest.raises(ValueError, match=problem):
        opened(note, SIGNER.public_key)


@pytest.mark.parametrize(
    "text", ["", "a+b", "a b+c74f20a3+AQ==", GO_KEY.replace("c7", "c8"), GO_KEY.replace("AR", "BR")]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        PublicKey.parse(text)
