from reviews import *


@app.pipeline(timeout_s=15)
def judge(scan: Scan) -> str:
    return redact(scan.png)
