"""TTL: expired items stay until they are removed, and the stream says who removed them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mlfn_localstack.services.dynamodb.expiry import remove_expired

if TYPE_CHECKING:
    from tests.functional.dynamodb.conftest import Lab

STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


def put(lab: Lab, key: str, expiry: str) -> None:
    """An item with a time to live."""
    lab.call("PutItem", TableName="items", Item={"pk": {"S": key}, "expiry": {"N": expiry}})


def enable(lab: Lab) -> None:
    """Switch TTL on."""
    specification = {"AttributeName": "expiry", "Enabled": True}
    lab.call("UpdateTimeToLive", TableName="items", TimeToLiveSpecification=specification)


def test_an_expired_item_is_visible_until_the_sweep_removes_it(lab: Lab) -> None:
    lab.create(StreamSpecification=STREAM)
    enable(lab)
    now = time.time()
    put(lab, "past", str(int(now) - 10))
    put(lab, "future", str(int(now) + 1000))
    put(lab, "mistake", "5")
    assert lab.call("Scan", TableName="items")["Count"] == 3

    assert remove_expired(lab.dynamodb.database, now) == 1

    assert lab.call("Scan", TableName="items")["Count"] == 2
    removed = lab.records()[-1]
    assert removed["eventName"] == "REMOVE"
    assert removed["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


def test_items_written_before_ttl_was_switched_on_expire_too(lab: Lab) -> None:
    lab.create()
    put(lab, "past", str(int(time.time()) - 10))

    enable(lab)

    assert remove_expired(lab.dynamodb.database, time.time()) == 1


def test_an_item_whose_time_is_put_off_stays(lab: Lab) -> None:
    lab.create()
    enable(lab)
    put(lab, "a", str(int(time.time()) - 10))
    put(lab, "a", str(int(time.time()) + 1000))

    assert remove_expired(lab.dynamodb.database, time.time()) == 0


def test_a_removal_by_a_user_names_no_service(lab: Lab) -> None:
    lab.create(StreamSpecification=STREAM)
    put(lab, "a", "1")

    lab.call("DeleteItem", TableName="items", Key={"pk": {"S": "a"}})

    assert "userIdentity" not in lab.records()[-1]
