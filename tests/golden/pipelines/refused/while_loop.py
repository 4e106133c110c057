from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    while True:
        rate(scan.png)
    return rate(scan.png)
