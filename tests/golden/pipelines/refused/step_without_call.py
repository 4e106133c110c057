from reviews import *

from mlfn import step


@app.pipeline
def judge(scan: Scan) -> str:
    return step(redact)
