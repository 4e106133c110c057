"""Whose an image is, by its tag."""

from __future__ import annotations

import pytest

from mlfn_deployers.aws.packages.images import function_of


@pytest.mark.parametrize(
    ("tag", "function"),
    [
        ("shop-price-0123456789ab", "price"),
        ("shop-mlfn-ingress-0123456789ab", "mlfn-ingress"),
        ("shop-eu-price-0123456789ab", None),
        ("shopping-price-0123456789ab", None),
        ("sha256-0123456789ab.sig", None),
        ("", None),
    ],
)
def test_an_app_does_not_take_the_images_of_one_whose_name_begins_alike(tag: str, function: str | None) -> None:
    assert function_of(tag, "shop") == function
