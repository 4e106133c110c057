from reviews import *

from mlfn import wait


@app.pipeline
def judge(scan: Scan) -> str:
    wait(scan.png)
    return redact(scan.png)
