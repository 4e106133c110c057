"""A kubectl of a cluster in one file: it writes down how it was called, and answers as Knative would."""

import json
import pathlib
import sys
from typing import Any

import yaml

HOME = pathlib.Path(__file__).parent
CLUSTER = HOME / "cluster.json"


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def load() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(CLUSTER.read_text()) if CLUSTER.exists() else {"services": {}, "revisions": []}
    return found


def shown(service: dict[str, Any]) -> dict[str, Any]:
    """A service with the status that the controller gives it."""
    name, revision = service["metadata"]["name"], service["spec"]["template"]["metadata"]["name"]
    broken = (HOME / "broken").exists()
    chosen = [{**each, "revisionName": each.get("revisionName", revision)} for each in service["spec"]["traffic"]]
    ready = {"type": "Ready", "status": "False" if broken else "True"}
    if broken:
        ready |= {"reason": "RevisionFailed", "message": f'Revision "{revision}" failed: image not found.'}
    status = {"observedGeneration": service["metadata"]["generation"], "conditions": [ready], "traffic": chosen}
    return {**service, "status": {**status, "url": f"http://{name}.models.example.org"}}


def starting(service: dict[str, Any]) -> dict[str, Any]:
    """The same before the controller has seen it."""
    status = {**service["status"], "observedGeneration": service["metadata"]["generation"] - 1}
    return {**service, "status": status}


def main(arguments: list[str]) -> int:
    cluster, stdin = load(), sys.stdin.read() if "--filename=-" in arguments else ""
    with (HOME / "calls.jsonl").open("a") as log:
        log.write(json.dumps({"arguments": arguments, "stdin": stdin}) + "\n")
    if (HOME / "without-knative").exists():
        sys.stderr.write('error: the server doesn\'t have a resource type "services"\n')
        return 1
    verb = next(each for each in arguments if each in ("get", "apply", "delete", "patch"))
    answer = {"get": get, "apply": apply, "delete": delete, "patch": patch}[verb]
    answer(cluster, arguments, stdin)
    if verb != "get":  # a watch is ended by force
        CLUSTER.write_text(json.dumps(cluster))
    return 0


def get(cluster: dict[str, Any], arguments: list[str], stdin: str) -> None:
    if "revisions.serving.knative.dev" in arguments:
        service = arguments[arguments.index("--selector") + 1].partition("=")[2]
        say(json.dumps({"items": [each for each in cluster["revisions"] if each["service"] == service]}))
        return
    services = [shown(each) for each in cluster["services"].values()]
    if "--watch" not in arguments:
        say(json.dumps({"kind": "List", "items": services}))
        return
    for each in services:
        for event in (starting(each), each):
            say(json.dumps(event, indent=4))


def apply(cluster: dict[str, Any], arguments: list[str], stdin: str) -> None:
    for service in yaml.safe_load_all(stdin):
        name, revision = service["metadata"]["name"], service["spec"]["template"]["metadata"]["name"]
        before = cluster["services"].get(name, {"metadata": {"generation": 0}})
        service["metadata"]["generation"] = before["metadata"]["generation"] + 1
        cluster["services"][name] = service
        at = f"2026-01-01T00:00:{len(cluster['revisions']):02}Z"
        cluster["revisions"].append({"metadata": {"name": revision, "creationTimestamp": at}, "service": name})
        say(f"service.serving.knative.dev/{name} serverside-applied")


def delete(cluster: dict[str, Any], arguments: list[str], stdin: str) -> None:
    for name in arguments:
        cluster["services"].pop(name, None)


def patch(cluster: dict[str, Any], arguments: list[str], stdin: str) -> None:
    given = json.loads(next(each for each in arguments if each.startswith("--patch=")).partition("=")[2])
    for name, service in cluster["services"].items():
        if name in arguments:
            service["spec"] |= given["spec"]
            service["metadata"]["generation"] += 1


sys.exit(main(sys.argv[1:]))
