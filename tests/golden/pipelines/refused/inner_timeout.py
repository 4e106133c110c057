from reviews import *

from mlfn import step


@app.pipeline
def careful(text: str) -> str:
    return redact(text)


@app.pipeline
def judge(scan: Scan) -> str:
    return step(careful, timeout_s=5)(scan.png)
