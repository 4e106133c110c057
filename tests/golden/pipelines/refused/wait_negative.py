from reviews import *

from mlfn import wait


@app.pipeline
def judge(scan: Scan) -> str:
    wait(-1)
    return redact(scan.png)
