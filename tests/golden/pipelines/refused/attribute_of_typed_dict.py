from reviews import *


@app.pipeline
def judge(scan: Scan) -> int:
    return measure(scan.png).small
