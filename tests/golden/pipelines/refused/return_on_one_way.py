from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    text = read(scan)
    if text.confidence > 0.5:
        return rate(scan.png)
