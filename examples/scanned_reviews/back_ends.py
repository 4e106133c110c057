"""The pipeline in process, as an Express and as a Standard state machine, page by page: is the verdict the same?

Where the models' requirements are installed, and this app deployed: `mlfn deploy && python back_ends.py`.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from app import judge
from documents import ScannedPage

HERE = Path(__file__).parent


def deployed(scan: ScannedPage, *command: str) -> dict:
    """What a command says of the deployed pipeline."""
    words = ["mlfn", "-C", str(HERE), *command]
    done = subprocess.run(words, input=json.dumps(asdict(scan)), text=True, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def main() -> int:
    """Compare every page; 1 if any differs."""
    differing = 0
    for page in sorted((HERE / "pages").glob("*.png")):
        scan = ScannedPage(name=page.stem, png_base64=base64.b64encode(page.read_bytes()).decode())
        here = asdict(judge(scan))
        express = deployed(scan, "invoke", "judge", "-")
        standard = deployed(scan, "run", "judge_later", "-", "--json")["output"]
        same = here == express == standard
        differing += not same
        print(
            f"{page.stem:12} {len(here['opinions'])} opinions  {here['note'] or ''}  {'same' if same else 'DIFFERENT'}"
        )
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main())
