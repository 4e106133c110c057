from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    if 0 < read(scan).confidence < 1:
        return rate("")
    return rate(scan.png)
