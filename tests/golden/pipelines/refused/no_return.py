from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    opinion = rate(scan.png)
