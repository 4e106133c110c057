from reviews import *


@app.pipeline
def judge(scan: Scan) -> str:
    if scan.png == "":
        raise ValueError("no picture")
    return redact(scan.png)
