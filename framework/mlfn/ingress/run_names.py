"""What a run is called: by the request that starts it, or by the key under which its caller may ask for it again."""

from __future__ import annotations

from mlfn.runtime.refusal import CONTRACT, Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlfn.ingress.executions import Outcome
    from mlfn.runtime.calls import Call

NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
LONGEST_NAME = 80
_HEADER = "idempotency-key"


def is_name(text: str) -> bool:
    """An execution can be called so."""
    return 0 < len(text) <= LONGEST_NAME and NAME.issuperset(text)


def execution_name(invocation_id: str) -> str:
    """An execution's name: the request's id, so that the same request starts one run."""
    return "".join([char if char in NAME else "-" for char in invocation_id])[:LONGEST_NAME]


def run_name(call: Call, invocation_id: str, mode: str) -> str:
    """The name of the run that a call starts.

    Raises:
        Refusal: its Idempotency-Key cannot be one.
    """
    headers = call.event.get("headers")
    key = headers.get(_HEADER) if isinstance(headers, dict) else None
    if key is None:
        return execution_name(invocation_id)
    if mode == "sync":
        raise Refusal(CONTRACT, "Idempotency-Key is for asynchronous pipelines: a synchronous one runs anew each time.")
    if not isinstance(key, str) or not is_name(key):
        raise Refusal(CONTRACT, "Idempotency-Key takes 1 to 80 letters, digits, '-' and '_'.")
    return key


def is_same_request(text: str, earlier: Outcome | None) -> bool:
    """An earlier run had the same input from the same caller: all of it but the id of the record."""
    if earlier is None or earlier.input is None:
        return False
    return text.rpartition(',"record":')[0] == earlier.input.rpartition(',"record":')[0]
