from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    if scan.png == "" and read(scan).confidence < 1:
        return rate("")
    return rate(scan.png)
