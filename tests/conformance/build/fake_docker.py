"""A docker that builds what our Dockerfiles say, without containers: on top of nothing, for the machine's Python."""

import base64
import gzip
import hashlib
import io
import json
import pathlib
import subprocess
import sys
import tarfile
import urllib.parse
import urllib.request
from typing import Any

HOME = pathlib.Path(__file__).parent
BLOB = "application/octet-stream"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def main(arguments: list[str]) -> None:
    match arguments:
        case ["login", *_, host]:
            (HOME / host.replace("/", "_")).write_text(sys.stdin.read())
        case ["build", *options, context]:
            build(options[options.index("--tag") + 1], pathlib.Path(context))
        case ["push", reference]:
            push(reference)
        case _:
            sys.exit(f"docker: {arguments}")


def kept(reference: str) -> pathlib.Path:
    return HOME / f"{hashlib.sha256(reference.encode()).hexdigest()}.json"


def build(reference: str, context: pathlib.Path) -> None:
    layers, config = [], {"Env": [], "Labels": {}}  # type: tuple[list[bytes], dict[str, Any]]
    for line in (context / "Dockerfile").read_text().splitlines():
        match line.split(" ", 1):
            case ["COPY", what] if what.startswith("--from="):
                layers.append(requirements(context, what.split()[-1]))
            case ["COPY", what] if what.endswith("/ /"):
                layers.append(packed(context / what.split("/")[0], "."))
            case ["ENV", setting]:
                name, _, value = setting.partition("=")
                config["Env"].append(f"{name}={json.loads(value)}")
            case ["LABEL", setting]:
                name, _, value = setting.partition("=")
                config["Labels"][name] = json.loads(value)
            case ["WORKDIR", directory]:
                config["WorkingDir"] = directory
            case ["ENTRYPOINT", command]:
                config["Entrypoint"] = json.loads(command)
    blobs = [base64.b64encode(gzip.compress(layer, 1, mtime=0)).decode() for layer in layers]
    diffs = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
    settings = {"architecture": "amd64", "os": "linux", "config": config}
    settings["rootfs"] = {"type": "layers", "diff_ids": diffs}
    kept(reference).write_text(json.dumps({"layers": blobs, "settings": settings}))


def requirements(context: pathlib.Path, target: str) -> bytes:
    place = HOME / hashlib.sha256((context / "requirements.txt").read_bytes()).hexdigest()
    if not place.exists():
        uv = [
            str(pathlib.Path(sys.executable).parent / "uv"),
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--require-hashes",
        ]
        subprocess.run([*uv, "--target", str(place), "-r", str(context / "requirements.txt")], check=True)
    return packed(place, target.lstrip("/"))


def packed(directory: pathlib.Path, target: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(directory, target)
    return buffer.getvalue()


def push(reference: str) -> None:
    image = json.loads(kept(reference).read_text())
    host, _, rest = reference.partition("/")
    name, _, tag = rest.rpartition(":")
    password = (HOME / host).read_text().strip()
    settings = json.dumps(image["settings"]).encode()
    layers = [base64.b64decode(each) for each in image["layers"]]
    for blob in (*layers, settings):
        upload(f"http://{host}/v2/{name}", blob, password)
    document = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described(settings, "config.v1+json")}
    document["layers"] = [described(each, "layer.v1.tar+gzip") for each in layers]
    send("PUT", f"http://{host}/v2/{name}/manifests/{tag}", json.dumps(document).encode(), password, MANIFEST)


def described(blob: bytes, kind: str) -> dict[str, Any]:
    digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": digest, "size": len(blob)}


def upload(repository: str, blob: bytes, password: str) -> None:
    digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"
    place = urllib.parse.urljoin(repository, send("POST", f"{repository}/blobs/uploads/", b"", password, BLOB))
    joint = "&" if "?" in place else "?"
    send("PUT", f"{place}{joint}digest={urllib.parse.quote(digest)}", blob, password, BLOB)


def send(method: str, url: str, body: bytes, password: str, kind: str) -> str:
    login = base64.b64encode(f"AWS:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": kind}
    request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - http, as given
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return str(answer.headers.get("Location", ""))


main(sys.argv[1:])
