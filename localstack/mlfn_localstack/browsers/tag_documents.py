"""The field of a form that tags its object: a document, where a put has a header."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from mlfn_localstack.protocols.xml_values import malformed_xml, parse_xml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

    from mlfn_localstack.service import Params


def read_tagging(fields: Mapping[str, str]) -> Params:
    """The parameter that says the same; none without the field.

    Raises:
        ServiceError: MalformedXML.
    """
    if "tagging" not in fields:
        return {}
    document = parse_xml(fields["tagging"].encode())
    sets = [each for each in document if _name(each) == "TagSet"]
    if _name(document) != "Tagging" or len(sets) != 1:
        raise malformed_xml()
    return {"Tagging": urlencode([_pair(tag) for tag in sets[0]])}


def _pair(tag: Element) -> tuple[str, str]:
    found = {_name(each): each.text or "" for each in tag}
    if _name(tag) != "Tag" or found.keys() != {"Key", "Value"}:
        raise malformed_xml()
    return found["Key"], found["Value"]


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]
