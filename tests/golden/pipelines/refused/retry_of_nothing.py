from reviews import *

from mlfn import Retry, step


@app.pipeline
def judge(scan: Scan) -> str:
    return step(redact, retry=Retry(on=["Busy"]))(scan.png)
