from reviews import *


@app.pipeline
def judge(scan: Scan) -> Posted:
    return Posted(rate(scan.png).score)
