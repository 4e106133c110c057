from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    return rate(scan.png, "en")
