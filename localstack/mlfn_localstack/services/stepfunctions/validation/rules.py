"""Which fields a state may have, must have, and what they may hold.

https://states-language.net and https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html
"""

from __future__ import annotations

from dataclasses import dataclass

TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")

_COMMON = {"Type", "Comment", "QueryLanguage"}
_FLOW = {"Next", "End"}
_ERRORS = {"Retry", "Catch"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The fields of a type of state, by query language."""

    both: frozenset[str]
    jsonpath: frozenset[str] = frozenset()
    jsonata: frozenset[str] = frozenset()
    required: tuple[str, ...] = ()

    def allowed(self, *, jsonata: bool) -> frozenset[str]:
        """The fields a state may have in a query language."""
        return self.both | (self.jsonata if jsonata else self.jsonpath)

    def elsewhere(self, *, jsonata: bool) -> frozenset[str]:
        """The fields a state may have in the other query language alone."""
        return self.jsonpath if jsonata else self.jsonata


def _fields(both: set[str], jsonpath: set[str], jsonata: set[str], required: tuple[str, ...] = ()) -> Fields:
    return Fields(
        both=frozenset(both | _COMMON), jsonpath=frozenset(jsonpath), jsonata=frozenset(jsonata), required=required
    )


_PATHS = {"InputPath", "OutputPath"}
_RESULT = {"ResultSelector", "ResultPath", "Parameters"}
_TIMES = {"TimeoutSeconds", "HeartbeatSeconds"}

FIELDS: dict[str, Fields] = {
    "Pass": _fields(_FLOW | {"Assign"}, _PATHS | {"Parameters", "ResultPath", "Result"}, {"Output"}),
    "Task": _fields(
        _FLOW | _ERRORS | _TIMES | {"Resource", "Assign", "Credentials"},
        _PATHS | _RESULT | {f"{name}Path" for name in _TIMES},
        {"Output", "Arguments"},
        ("Resource",),
    ),
    "Choice": _fields({"Choices", "Default", "Assign"}, _PATHS, {"Output"}, ("Choices",)),
    "Wait": _fields(_FLOW | {"Seconds", "Timestamp", "Assign"}, _PATHS | {"SecondsPath", "TimestampPath"}, {"Output"}),
    "Succeed": _fields(set(), _PATHS, {"Output"}),
    "Fail": _fields({"Error", "Cause"}, {"ErrorPath", "CausePath"}, set()),
    "Parallel": _fields(
        _FLOW | _ERRORS | {"Branches", "Assign"}, _PATHS | _RESULT, {"Output", "Arguments"}, ("Branches",)
    ),
    "Map": _fields(
        _FLOW
        | _ERRORS
        | {"ItemProcessor", "Iterator", "ItemSelector", "MaxConcurrency", "Label", "ItemReader", "ItemBatcher"}
        | {"ResultWriter", "ToleratedFailureCount", "ToleratedFailurePercentage", "Assign"},
        _PATHS
        | _RESULT
        | {"ItemsPath", "MaxConcurrencyPath", "ToleratedFailureCountPath", "ToleratedFailurePercentagePath"},
        {"Output", "Items"},
    ),
}

MACHINE_FIELDS = frozenset({"Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version"})
BRANCH_FIELDS = frozenset({"Comment", "StartAt", "States", "ProcessorConfig"})
RETRY_FIELDS = frozenset(
    {"Comment", "ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"}
)
CATCH_FIELDS = frozenset({"Comment", "ErrorEquals", "Next", "Assign"})

PAIRS = (
    *((name, f"{name}Path") for name in ("TimeoutSeconds", "HeartbeatSeconds", "MaxConcurrency")),
    *((name, f"{name}Path") for name in ("ToleratedFailureCount", "ToleratedFailurePercentage", "Error", "Cause")),
)
"""Fields of which a state has one."""
INTEGERS = {
    "TimeoutSeconds": (1, 99_999_999),
    "HeartbeatSeconds": (1, 99_999_999),
    "Seconds": (0, 99_999_999),
    "MaxConcurrency": (0, None),
    "ToleratedFailureCount": (0, None),
}
TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector")
PATHS = (
    *("InputPath", "OutputPath", "ItemsPath", "SecondsPath", "TimestampPath", "ErrorPath", "CausePath"),
    *("TimeoutSecondsPath", "HeartbeatSecondsPath", "MaxConcurrencyPath"),
    *("ToleratedFailureCountPath", "ToleratedFailurePercentagePath"),
)
EXPRESSIONS = (
    *("Output", "Assign", "Arguments", "Items", "Error", "Cause", "Timestamp", "ItemSelector", "Credentials"),
    *("Seconds", "TimeoutSeconds", "HeartbeatSeconds", "MaxConcurrency", "ToleratedFailureCount"),
    *("ToleratedFailurePercentage", "ItemReader", "ItemBatcher", "ResultWriter"),
)
"""Fields that JSONata may be in, or in a part of."""
