from reviews import *

from mlfn import wait


@app.pipeline
def judge(scan: Scan) -> str:
    paused = wait(1)
    return redact(scan.png)
