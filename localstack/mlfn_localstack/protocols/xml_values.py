"""Results to XML and XML to parameters, by shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.protocols.text_values import parse_text, write_text
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from mlfn_localstack.protocols.model import ServiceModel, Shape

_ILLEGAL = {code: "?" for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: "?", 0xFFFF: "?"}
_MARKUP = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}
"""What `xml.sax.saxutils.escape` replaces, without the megabyte that importing it takes."""
_IN_TEXT = _ILLEGAL | _MARKUP | {ord("\r"): "&#13;"}
_IN_ATTRIBUTE = _MARKUP | {ord('"'): "&quot;"}


def escape_text(text: str) -> str:
    """Text between tags; characters that XML 1.0 cannot hold become question marks."""
    return text.translate(_IN_TEXT).encode("utf-8", "replace").decode()


class XmlWriter:
    """Writes values of one service's shapes."""

    def __init__(self, model: ServiceModel, time_form: str = "iso8601") -> None:
        self._shapes = model.shapes
        self._time_form = time_form

    def members(self, shape_name: str, value: dict[str, Any]) -> str:
        """The members of a structure that are not bound elsewhere, one element each."""
        parts = []
        for name, member in self._shapes[shape_name]["members"].items():
            item = value.get(name)
            if item is not None and "location" not in member and not member.get("xmlAttribute"):
                parts.append(self._member(name, member, item))
        return "".join(parts)

    def element(self, tag: str, shape_name: str, value: Any, attributes: str = "") -> str:
        """A value in an element of that name."""
        shape = self._shapes[shape_name]
        match shape["type"]:
            case "structure":
                attributes += self._attributes(shape, value)
                body = self.members(shape_name, value)
            case "list":
                item = shape["member"]
                body = "".join(self.element(item.get("locationName", "member"), item["shape"], v) for v in value)
            case "map":
                body = "".join(f"<entry>{self._entry(shape, key, item)}</entry>" for key, item in value.items())
            case _:
                body = escape_text(write_text(value, shape, self._time_form))
        return f"<{tag}{attributes}>{body}</{tag}>"

    def _member(self, name: str, member: dict[str, Any], value: Any) -> str:
        shape = self._shapes[member["shape"]]
        tag = member.get("locationName", name)
        if shape["type"] == "list" and (shape.get("flattened") or member.get("flattened")):
            item = shape["member"]
            tag = item.get("locationName", tag) if "locationName" not in member else tag
            return "".join(self.element(tag, item["shape"], element) for element in value)
        if shape["type"] == "map" and (shape.get("flattened") or member.get("flattened")):
            return "".join(f"<{tag}>{self._entry(shape, key, item)}</{tag}>" for key, item in value.items())
        return self.element(tag, member["shape"], value, _namespace(member))

    def _entry(self, shape: Shape, key: str, value: Any) -> str:
        key_tag = shape["key"].get("locationName", "key")
        value_tag = shape["value"].get("locationName", "value")
        return self.element(key_tag, shape["key"]["shape"], key) + self.element(
            value_tag, shape["value"]["shape"], value
        )

    def _attributes(self, shape: Shape, value: dict[str, Any]) -> str:
        parts = []
        for name, member in shape["members"].items():
            if member.get("xmlAttribute") and name in value:
                text = str(value[name]).translate(_IN_ATTRIBUTE)
                parts.append(f' {member.get("locationName", name)}="{text}"')
        return _namespace(shape) + "".join(parts)


def _namespace(member: dict[str, Any]) -> str:
    namespace = member.get("xmlNamespace")
    if not namespace:
        return ""
    uri = namespace["uri"] if isinstance(namespace, dict) else namespace
    prefix = namespace.get("prefix") if isinstance(namespace, dict) else None
    return f' xmlns{":" + prefix if prefix else ""}="{uri}"'


class XmlReader:
    """Reads values of one service's shapes."""

    def __init__(self, model: ServiceModel) -> None:
        self._shapes = model.shapes

    def read(self, body: bytes, shape_name: str, *, root: str) -> Any:
        """The value in a document whose root element has this name.

        Raises:
            ServiceError: MalformedXML.
        """
        document = parse_xml(body)
        if _local(document) != root:
            raise malformed_xml()
        return self._value(document, shape_name)

    def _value(self, element: Element, shape_name: str) -> Any:
        shape = self._shapes[shape_name]
        match shape["type"]:
            case "structure":
                return self._structure(element, shape)
            case "list":
                return [self._value(child, shape["member"]["shape"]) for child in element]
            case "map":
                return {
                    _text(entry, "key"): self._value(entry[-1], shape["value"]["shape"])
                    for entry in element
                    if len(entry)
                }
            case _:
                return parse_text(element.text or "", shape, _local(element))

    def _structure(self, element: Element, shape: Shape) -> dict[str, Any]:
        children: dict[str, list[Element]] = {}
        for child in element:
            children.setdefault(_local(child), []).append(child)
        result: dict[str, Any] = {}
        for name, member in shape["members"].items():
            tag = member.get("locationName", name)
            if member.get("xmlAttribute"):
                local = tag.rpartition(":")[2]
                found = next((v for k, v in element.attrib.items() if k.rpartition("}")[2] == local), None)
                if found is not None:
                    result[name] = found
            elif tag in children:
                result[name] = self._member(children[tag], member)
        if any(name not in result for name in shape.get("required", ())):
            raise malformed_xml()
        return result

    def _member(self, elements: list[Element], member: dict[str, Any]) -> Any:
        shape = self._shapes[member["shape"]]
        if shape["type"] == "list" and (shape.get("flattened") or member.get("flattened")):
            return [self._value(element, shape["member"]["shape"]) for element in elements]
        return self._value(elements[0], member["shape"])


def parse_xml(body: bytes) -> Element:
    """A document without a document type (so without entities to expand).

    Raises:
        ServiceError: MalformedXML.
    """
    from xml.etree import ElementTree  # noqa: PLC0415 - with its parser half a megabyte, and S3's settings alone need it

    try:
        text = body.decode()
        if "<!" in text.replace("<!--", "").replace("<![CDATA[", ""):
            raise malformed_xml()
        return ElementTree.fromstring(text.encode())  # noqa: S314 - no document type gets here
    except (ElementTree.ParseError, ValueError, RecursionError) as error:
        raise malformed_xml() from error


def malformed_xml() -> ServiceError:
    """What S3 answers to a body that is not what it asks for."""
    message = "The XML you provided was not well-formed or did not validate against our published schema"
    return ServiceError("MalformedXML", message)


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: Element, tag: str) -> str:
    return next((child.text or "" for child in element if _local(child) == tag), "")
