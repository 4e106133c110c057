from reviews import *

from mlfn import wait


@app.pipeline
def judge(scan: Scan) -> str:
    wait(seconds=60)
    return redact(scan.png)
