"""A table of even latency."""

from __future__ import annotations

import socket
import threading
import time
from binascii import b2a_base64


class Table:
    """A table that takes everything after 4 ms, as DynamoDB does; and S3 and KMS, as far as a data key needs them."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Table:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        buffer = b""
        with connection:
            while data := connection.recv(65_536):
                buffer += data
                head, end, rest = buffer.partition(b"\r\n\r\n")
                if end and len(rest) >= int(head.rpartition(b"content-length: ")[2]):
                    buffer = b""
                    time.sleep(0.004)
                    answer = _answer(head)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer))


def _answer(head: bytes) -> bytes:
    """What S3 holds of the data key, what KMS unwraps, what the table says to a put."""
    if head.startswith(b"GET"):
        return bytes(80)
    return b'{"Plaintext":"%b"}' % b2a_base64(bytes(32), newline=False) if b"TrentService" in head else b"{}"
