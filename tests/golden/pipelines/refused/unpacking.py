from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    a, b = scan.png, scan.language
    return rate(a)
