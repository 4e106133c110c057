"""What lists of parameters are narrowed down by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.ssm import errors
from mlfn_localstack.services.ssm.model import newest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.services.ssm.model import Parameter

_VALUES = {
    "Tier": ("Standard", "Advanced", "Intelligent-Tiering"),
    "Type": ("String", "StringList", "SecureString"),
}
_PATH_OPTIONS = ("Recursive", "OneLevel")
_OPTIONS = ("BeginsWith", "Equals")


def older_filters(filters: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Filters as they were given before there were ParameterFilters: names by their beginnings, the rest as it is."""
    return [{**each, "Option": "BeginsWith" if each["Key"] == "Name" else "Equals"} for each in filters]


def check_listed(filters: Sequence[Mapping[str, Any]]) -> None:
    """Refuse what DescribeParameters is not filtered by.

    Raises:
        ServiceError: InvalidFilterKey, InvalidFilterOption, InvalidFilterValue.
    """
    _check(filters, refused=("Label",), valid="Path, Name, Type, KeyId, Tier")


def check_by_path(filters: Sequence[Mapping[str, Any]]) -> None:
    """Refuse what GetParametersByPath is not filtered by.

    Raises:
        ServiceError: InvalidFilterKey, InvalidFilterOption, InvalidFilterValue.
    """
    _check(filters, refused=("Name", "Path", "Tier"), valid="Type, KeyId")


def fits(parameter: Parameter, filters: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a parameter's newest version is let through."""
    return all(_fits(parameter, newest(parameter)[1], each) for each in filters)


def selected(parameter: Parameter, filters: Sequence[Mapping[str, Any]]) -> str | None:
    """The version of a parameter that is let through: the newest, unless a label is asked for."""
    labels = [label for each in filters if each["Key"] == "Label" for label in each["Values"]]
    number = str(newest(parameter)[0])
    if labels:
        number = next((found for label in labels if (found := labelled(parameter, label))), "")
    version = parameter["Versions"].get(number)
    others = [each for each in filters if each["Key"] != "Label"]
    return number if version is not None and all(_fits(parameter, version, each) for each in others) else None


def labelled(parameter: Parameter, label: str) -> str | None:
    """The version that has a label."""
    versions = parameter["Versions"].items()
    return next((number for number, version in versions if label in version.get("Labels", ())), None)


def _check(filters: Sequence[Mapping[str, Any]], *, refused: Sequence[str], valid: str) -> None:
    keys = [each["Key"] for each in filters]
    for each, key in zip(filters, keys, strict=True):
        if key in refused:
            raise errors.invalid_key(
                f"The following filter key is not valid: {key}. Valid filter keys include: [{valid}]."
            )
        if keys.count(key) > 1:
            raise errors.invalid_key(
                f"The following filter is duplicated in the request: {key}. "
                "A request can contain only one occurrence of a specific filter."
            )
        if not key.startswith("tag:"):
            _check_values(key, each)


def _check_values(key: str, wanted: Mapping[str, Any]) -> None:
    values = wanted.get("Values")
    if not values:
        raise errors.invalid_value(f"The following filter values are missing : null for filter key {key}.")
    options = _options(key)
    option = wanted.get("Option")
    if option and option not in options:
        valid = ", ".join(options[:2])
        message = f"The following filter option is not valid: {option}. Valid options include: [{valid}]."
        raise errors.invalid_option(message)
    wrong = [value for value in values if key in _VALUES and value not in _VALUES[key]]
    if wrong and option in (None, "Equals"):
        valid = ", ".join(_VALUES[key])
        raise errors.invalid_value(
            f"The following filter value is not valid: {wrong[0]}. Valid values include: [{valid}]"
        )


def _options(key: str) -> tuple[str, ...]:
    match key:
        case "Path":
            return _PATH_OPTIONS
        case "Name":
            return (*_OPTIONS, "Contains")
        case _:
            return _OPTIONS


def _fits(parameter: Parameter, version: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    key, values, option = wanted["Key"], wanted.get("Values") or (), wanted.get("Option")
    if key.startswith("tag:"):
        value = parameter["Tags"].get(key.removeprefix("tag:"))
        return value is not None and (not values or value in values)
    actual = str(parameter["Name"] if key in ("Name", "Path") else version.get(key, ""))
    if key == "Path":
        return any(_is_below(actual, path, recursive=option == "Recursive") for path in values)
    match option:
        case "BeginsWith":
            return actual.startswith(tuple(values))
        case "Contains":
            return any(value in actual for value in values)
        case _:
            return actual in values


def _is_below(name: str, path: str, *, recursive: bool) -> bool:
    below = path.rstrip("/") + "/"
    return name.startswith(below) and (recursive or "/" not in name.removeprefix(below))
