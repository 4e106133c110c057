from reviews import *


@app.pipeline
def judge(scan: Scan) -> float:
    return rate(scan.png).score * 100
