from reviews import *

from mlfn import Retry, step


@app.pipeline
def judge(scan: Scan) -> str:
    return step(redact, retry=Retry(tries=3))(scan.png)
