from reviews import *


@app.pipeline
def judge(scan: Scan) -> str:
    return redact(scan.png, retry=3)
