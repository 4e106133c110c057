"""What a function talks to, each real enough to fail: a Runtime API and a table."""

from __future__ import annotations

import json
import queue
import threading
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from mlfn.audit.record import AuditRecord


class Server(ThreadingHTTPServer):
    """An HTTP server on a port of its own that answers with `answer(method, path, headers, body)`."""

    daemon_threads = True

    def __init__(self, answer: Any) -> None:
        outer = answer

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                result = outer(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                if result is None:
                    self.close_connection = True
                    return
                status, headers, payload = result
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_POST = do_PUT = _serve  # noqa: N815 - http.server's names

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        pass  # killed functions hang up


@dataclass
class Answer:
    """What a function posted for a call."""

    kind: str
    body: bytes
    headers: dict[str, str]
    at: float = field(default_factory=time.monotonic)

    @property
    def value(self) -> Any:
        return json.loads(self.body)


class RuntimeApiServer:
    """Lambda's side: events go in, answers come out."""

    def __init__(self) -> None:
        self.events: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
        self.answers: queue.Queue[Answer] = queue.Queue()
        self.waiting = threading.Semaphore(0)
        self.status = 202
        self.server = Server(self._answer)

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        if method == "GET":
            self.waiting.release()
            described, event = self.events.get()
            return 200, described, event
        self.answers.put(Answer(path.rsplit("/", 1)[1] if "init" not in path else "init", body, headers))
        return self.status, {}, b'{"status":"OK"}'


class Table:
    """DynamoDB's PutItem with its condition; `faults` are played before anything else. S3 and KMS stand beside it."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Any] = {}
        self.requests: list[dict[str, str]] = []
        self.put_at: list[float] = []
        self.faults: list[str] = []
        self.down = False
        self.objects: dict[str, bytes] = {}
        """What S3 holds, by path."""
        self.s3_down = False
        self.written: list[dict[str, str]] = []
        self.unwrapped: list[dict[str, Any]] = []
        """What KMS was asked to decrypt; it gives back the ciphertext reversed."""
        self.secrets: dict[str, str] = {}
        """What Secrets Manager holds, by name; a value of `!Code` is a refusal."""
        self.secrets_asked: list[str] = []
        self.server = Server(self._answer)

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        if method in ("GET", "PUT"):
            return self._object(method, path, headers, body)
        if headers["x-amz-target"] == "secretsmanager.GetSecretValue":
            return self._secret(json.loads(body)["SecretId"])
        if headers["x-amz-target"] == "AmazonSSM.GetParameter":
            return self._parameter(json.loads(body))
        if headers["x-amz-target"] == "TrentService.Decrypt":
            self.unwrapped.append(json.loads(body))
            plaintext = b64decode(self.unwrapped[-1]["CiphertextBlob"])[::-1]
            return 200, {}, json.dumps({"Plaintext": b64encode(plaintext).decode()}).encode()
        return self._put(headers, body)

    def _parameter(self, asked: dict[str, Any]) -> Any:
        assert asked["WithDecryption"] is True
        value = self.secrets.get(asked["Name"], "!ParameterNotFound")
        if value.startswith("!"):
            return 400, {}, json.dumps({"__type": value[1:]}).encode()
        return 200, {}, json.dumps({"Parameter": {"Name": asked["Name"], "Value": value}}).encode()

    def _secret(self, name: str) -> Any:
        self.secrets_asked.append(name)
        value = self.secrets.get(name, "!ResourceNotFoundException")
        if value.startswith("!"):
            return 400, {}, json.dumps({"__type": value[1:], "Message": "no"}).encode()
        return 200, {}, json.dumps({"Name": name, "SecretString": value}).encode()

    def _object(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
        if self.s3_down:
            return 503, {}, b"<Error><Code>SlowDown</Code></Error>"
        if method == "PUT":
            self.written.append(headers)
            self.objects[path] = body
            return 200, {}, b""
        found = self.objects.get(path)
        return (404, {}, b"<Error><Code>NoSuchKey</Code></Error>") if found is None else (200, {}, found)

    def _put(self, headers: dict[str, str], body: bytes) -> Any:
        self.requests.append(headers)
        fault = "500" if self.down else self.faults.pop(0) if self.faults else ""
        if fault == "500":
            return 500, {}, b'{"__type":"InternalServerError"}'
        if fault == "throttle":
            return 400, {}, b'{"__type":"x#ThrottlingException","message":"slow down"}'
        item = json.loads(body)["Item"]
        key = (item["pk"]["S"], item["sk"]["S"])
        if key in self.items:
            error = {"__type": "x#ConditionalCheckFailedException", "Item": self.items[key]}
            return 400, {}, json.dumps(error).encode()
        self.items[key] = item
        self.put_at.append(time.monotonic())
        return None if fault == "lost" else (200, {}, b"{}")

    def records(self) -> list[AuditRecord]:
        items = [item for (pk, _), item in self.items.items() if pk.startswith("A#")]
        return sorted((AuditRecord.from_item(item) for item in items), key=lambda record: record.sequence or 0)
