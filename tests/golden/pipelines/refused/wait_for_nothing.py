from reviews import *

from mlfn import wait


@app.pipeline
def judge(scan: Scan) -> str:
    wait()
    return redact(scan.png)
