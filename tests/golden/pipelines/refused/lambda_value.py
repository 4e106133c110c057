from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    later = lambda: rate(scan.png)
    return rate
