"""Whom a caller's name stands for."""

from __future__ import annotations

import pytest

from mlfn_localstack.auth.principals import PrincipalKind, principal_of


@pytest.mark.parametrize("name", ["states.amazonaws.com", "logs.eu-west-1.amazonaws.com"])
def test_services_are_called_by_their_host_names(name: str) -> None:
    assert principal_of(name).kind is PrincipalKind.SERVICE


@pytest.mark.parametrize(
    "name",
    [
        "arn:anything",
        "arn:aws:iam::12:role/r",
        "arn:aws:iam::123456789012:group/g",
        "arn:aws:sts::123456789012:federated-user/f",
        "",
        "no host name",
    ],
)
def test_what_nobody_is_called_stands_for_nobody(name: str) -> None:
    assert principal_of(name).kind is PrincipalKind.NOBODY
