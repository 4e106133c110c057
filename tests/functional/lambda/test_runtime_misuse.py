"""A runtime that breaks the protocol harms its own call only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fixtures.lambda_lab import PYTHON

if TYPE_CHECKING:
    from tests.fixtures.lambda_lab import Lab, Run

MISUSE = """
import http.client, json, os
def connect():
    return http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def call(api, method, path, body=None):
    api.request(method, "/2018-06-01/runtime/" + path, body)
    answer = api.getresponse()
    return answer.status, dict(answer.headers), answer.read()
spare, api = connect(), connect()
seen = []
while True:
    _, headers, event = call(api, "GET", "invocation/next")
    seen.append(call(api, "POST", "invocation/wrong/response", "1")[0])
    seen.append(call(api, "POST", "nowhere", "1")[0])
    seen.append(call(spare, "GET", "invocation/next")[0])
    path = "invocation/" + headers["Lambda-Runtime-Aws-Request-Id"] + "/response"
    call(api, "POST", path, json.dumps([json.loads(event), *seen]))
    seen.append(call(api, "POST", path, "2")[0])
"""


def test_wrong_ids_unknown_paths_and_second_answers_are_refused(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create("", Code={"ImageUri": lab.push("", Entrypoint=[PYTHON, "-c", MISUSE])})
        return [(await lab.invoke(number))[0] for number in (1, 2)]

    assert run(scenario) == [[1, 400, 404, 403], [2, 400, 404, 403, 400, 400, 404, 403]]
