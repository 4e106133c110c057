"""The demo: deploy this app to the embedded emulator, call it with every page, read the audit trail.

Every line that starts with `$` is a command you can type yourself, here or from the repository's root.
"""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
"""Where the emulator keeps its state (.mlfn/), so that commands typed there find it."""
COLOURS = {"positive": "green", "negative": "red", "neutral": "dim"}
console = Console(highlight=False, soft_wrap=True)


def mlfn(*arguments: str, stdin: str | None = None, show: str | None = None, project: Path = HERE) -> str:
    """Run an mlfn command in a project and return what it printed; its progress goes to the terminal."""
    console.print(f"\n[bold cyan]$ mlfn {show or ' '.join(arguments)}[/]")
    command = [sys.executable, "-m", "mlfn_cli", "-C", str(project), *arguments]
    done = subprocess.run(command, input=stdin, text=True, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


def port() -> tuple[str, ...]:
    """Where the emulator is to listen: at its usual port, or, if something else does there, at one that is free."""
    with socket.socket() as probe:
        return ("--port", "0") if probe.connect_ex(("127.0.0.1", 4566)) == 0 else ()


def as_input(page: Path) -> str:
    """A page as the pipeline's input: ScannedPage in JSON."""
    return json.dumps({"name": page.stem, "png_base64": base64.b64encode(page.read_bytes()).decode()})


def show_verdict(verdict: dict) -> None:
    """The answer for one page."""
    console.print(f"[bold]{verdict['page']}[/], read with confidence {verdict['confidence']:.2f}")
    if verdict["note"]:
        console.print(verdict["note"])
        return
    table = Table(box=None, header_style="bold", show_header=False, pad_edge=False)
    for opinion in verdict["opinions"]:
        colour = COLOURS[opinion["label"]]
        table.add_row(f"[{colour}]{opinion['label']:>8} {opinion['score']:+.2f}[/]", opinion["text"])
    console.print(table)


def main() -> None:
    """Emulator, deploy, calls, audit."""
    print(mlfn("emulator", "start", *port(), project=ROOT), end="")
    print(mlfn("deploy"), end="")
    for page in sorted((HERE / "pages").glob("*.png")):
        answer = mlfn("invoke", "judge", "-", stdin=as_input(page), show=f"invoke judge  ← pages/{page.name}")
        show_verdict(json.loads(answer))
    print(mlfn("invoke", "sentiment", json.dumps("The demo works, and I am delighted!")), end="")
    print(mlfn("audit", "--since", "10m"), end="")
    console.print(
        '\nThe emulator goes on. Try: [bold]eval "$(.venv/bin/mlfn emulator env)"[/] and then'
        " [bold]aws lambda list-functions[/]; end it with [bold].venv/bin/mlfn emulator stop[/]."
    )


if __name__ == "__main__":
    main()
