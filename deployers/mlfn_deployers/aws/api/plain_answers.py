"""DynamoDB's answers as they come over the wire: boto3 takes them apart value by value, ten times as long as JSON does.

Binary values stay base64 text, which `mlfn.audit.item.from_item` reads as well as bytes. Everything else of boto3
(credentials, signatures, retries, errors) is as ever.
"""

from __future__ import annotations

from typing import Any

import orjson
from botocore.parsers import JSONParser, ResponseParserFactory
from botocore.session import Session


class _PlainParser(JSONParser):
    def _do_parse(self, response: dict[str, Any], shape: Any) -> dict[str, Any]:
        parsed: dict[str, Any] = orjson.loads(response["body"])
        return parsed | {"ResponseMetadata": {"RequestId": response["headers"].get("x-amzn-requestid")}}


class _PlainParsers(ResponseParserFactory):
    def create_parser(self, protocol_name: str) -> Any:
        return _PlainParser() if protocol_name == "json" else super().create_parser(protocol_name)


def plain_session() -> Session:
    """A session whose clients of JSON services give answers as they are; for services that answer small, or in bulk."""
    session = Session()
    session.register_component("response_parser_factory", _PlainParsers())
    return session
