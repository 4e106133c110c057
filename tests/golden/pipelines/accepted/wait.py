from reviews import *

from mlfn import wait


@app.pipeline
def judge(scan: Scan) -> str:
    wait(5)
    found = translate(scan.png)
    wait(seconds=pace(found))
    return redact(found)
