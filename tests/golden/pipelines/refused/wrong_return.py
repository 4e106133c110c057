from reviews import *


@app.pipeline
def judge(scan: Scan) -> Verdict:
    return read(scan)
