"""What an app costs a month: bills that were computed by hand."""

from __future__ import annotations

import json

import pytest

from mlfn_audit.traffic import Traffic
from mlfn_engine.costs.billing import Item, call_bill, function_bill, machine_bill, stage_bill, storage_bill, total
from mlfn_engine.costs.estimate import Basis
from mlfn_engine.costs.prices import list_prices
from mlfn_engine.costs.shapes import AppShape, FunctionShape, MachineShape, StageShape, app_shape, stage_shape

PRICES = list_prices()
MILLION = Traffic(
    calls=1e6, invocations=1e6, through_api=1e6, cold_starts=1000, records=1e6, index_entries=2e6, duration_ms=95e6
)
"""A million calls a month that take 95 ms: 100 with the record's put."""


def test_the_prices_say_of_which_region_and_day_they_are() -> None:
    assert (PRICES.region, PRICES.currency, len(PRICES.dated)) == ("us-east-1", "USD", 10)


def test_a_function_pays_for_requests_and_for_memory_times_time() -> None:
    bill = function_bill(FunctionShape(name="shop-dev-mood", memory_mb=1024), MILLION, PRICES)

    # 1,000,000 × 0.1 s × 1 GB = 100,000 GB-s at $0.0000166667; a million requests at $0.20; 1,000 keys at $0.03/10,000
    assert bill == pytest.approx({Item.REQUESTS: 0.20, Item.COMPUTE: 1.66667, Item.KEYS: 0.003})


def test_arm_is_a_fifth_cheaper_and_tmp_beyond_512_mb_is_paid_for() -> None:
    shape = FunctionShape(name="f", memory_mb=2048, architecture="arm64", ephemeral_mb=1536)

    bill = function_bill(shape, MILLION, PRICES)

    assert bill[Item.COMPUTE] == pytest.approx(200_000 * 0.0000133334)
    assert bill[Item.EPHEMERAL] == pytest.approx(100_000 * 0.0000000309)


def test_provisioned_concurrency_is_paid_by_the_hour_and_its_calls_cost_less() -> None:
    bill = function_bill(FunctionShape(name="f", memory_mb=1024, provisioned=2), MILLION, PRICES)

    # 2 environments × 730 h × 3,600 s × 1 GB
    assert bill[Item.PROVISIONED] == pytest.approx(5_256_000 * 0.0000041667)
    assert bill[Item.COMPUTE] == pytest.approx(100_000 * 0.0000097222)


def test_a_call_pays_for_the_api_the_trail_and_the_logs() -> None:
    bill = call_bill(MILLION, 365, PRICES)

    assert bill[Item.API] == pytest.approx(1.00)
    assert bill[Item.WRITES] == pytest.approx(3 * 0.625)
    # 1,000,000 × (1,124 + 2 × 400 bytes) × 12 months = 23.088 GB at $0.25 + $0.20
    assert bill[Item.KEPT] == pytest.approx(23.088 * 0.45)
    # 2.5 GB at $0.50, and 12 months of them at $0.03
    assert bill[Item.LOGS] == pytest.approx(2.5 * 0.50 + 2.5 * 12 * 0.03)


def test_pipelines_pay_by_time_or_by_state() -> None:
    express = machine_bill(MachineShape(name="m", is_express=True, states=3), MILLION, 365, PRICES)
    standard = machine_bill(MachineShape(name="m", is_express=False, states=3), MILLION, 365, PRICES)

    # a million requests, and 100 ms of 64 MB each: 6,250 GB-s
    assert express[Item.STEPS] == pytest.approx(1.00 + 6_250 * 0.00001667)
    assert standard[Item.STEPS] == pytest.approx(75.00)


def test_a_stage_and_what_is_stored_cost_without_calls() -> None:
    assert total(stage_bill(StageShape(keys=2, alarms=9), PRICES)) == pytest.approx(2.90)
    assert storage_bill(5_000_000_000, 1_000_000_000, PRICES) == pytest.approx({Item.IMAGES: 0.5, Item.ARCHIVES: 0.023})
    assert storage_bill(0, 0, PRICES) == {}


def test_a_plan_that_doubles_memory_costs_the_difference_in_compute_alone() -> None:
    before = AppShape(functions=(FunctionShape(name="shop-dev-mood", memory_mb=1024),))
    after = AppShape(functions=(FunctionShape(name="shop-dev-mood", memory_mb=2048),))

    (line,) = Basis(prices=PRICES, prefix="shop-dev-", traffic={"mood": MILLION}).lines(before, after)

    assert (line.name, line.thousand) == ("mood", None)
    assert dict(line.changed) == pytest.approx({Item.COMPUTE: 1.66667})
    assert line.difference == pytest.approx(1.66667)


def test_what_has_no_traffic_is_told_by_a_thousand_calls() -> None:
    after = AppShape(functions=(FunctionShape(name="shop-dev-mood", memory_mb=1024, provisioned=1),))

    (line,) = Basis(prices=PRICES, prefix="shop-dev-").lines(AppShape(), after)

    assert (line.calls, line.now) == (0, {})
    assert set(line.after) == {Item.PROVISIONED}
    # requests 0.0002, 105 GB-s 0.0010208, API 0.001, 3,000 units 0.001875, storage 0.0103896, logs 0.00215
    assert line.thousand == pytest.approx(0.0002 + 0.00102083 + 0.001 + 0.001875 + 0.0103896 + 0.00215, rel=1e-4)


def test_the_front_door_pays_for_its_time_and_the_pipelines_for_their_calls() -> None:
    shape = AppShape(
        functions=(FunctionShape(name="shop-dev-mlfn-ingress", memory_mb=512),),
        machines=(MachineShape(name="shop-dev-quote", is_express=False, states=2),),
    )

    door, quote = Basis(prices=PRICES, prefix="shop-dev-", traffic={"quote": MILLION}).lines(shape, shape)

    assert (door.calls, quote.calls) == (1e6, 1e6)
    assert (Item.API in door.now, Item.API in quote.now) == (False, True)
    assert quote.now[Item.STEPS] == pytest.approx(50.00)


def test_shapes_are_read_from_templates() -> None:
    definition = {"States": {"Each": {"Type": "Map", "ItemProcessor": {"States": {"Price": {}}}}, "End": {}}}
    ref = {"Ref": "MoodFunction"}
    function = {"FunctionName": "shop-dev-mood", "MemorySize": 256, "Architectures": ["arm64"]}
    machine = {
        "StateMachineName": "shop-dev-quote",
        "StateMachineType": "EXPRESS",
        "DefinitionString": json.dumps(definition),
    }
    version = {"FunctionName": ref, "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 3}}
    body = json.dumps(
        {
            "Resources": {
                "MoodFunction": {"Type": "AWS::Lambda::Function", "Properties": function},
                "MoodVersion": {"Type": "AWS::Lambda::Version", "Properties": version},
                "QuoteStateMachine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine},
                "Key": {"Type": "AWS::KMS::Key", "Properties": {}},
                "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {}},
            }
        }
    )

    assert app_shape(body) == AppShape(
        functions=(FunctionShape(name="shop-dev-mood", memory_mb=256, architecture="arm64", provisioned=3),),
        machines=(MachineShape(name="shop-dev-quote", is_express=True, states=3),),
    )
    assert app_shape(None) == AppShape()
    assert stage_shape([body, body]) == StageShape(keys=2, alarms=2)
