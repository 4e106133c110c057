from reviews import *


@app.pipeline
def judge(scan: Scan) -> str:
    if scan.png == "":
        return judge(scan)
    return redact(scan.png)
