from reviews import *


@app.pipeline
def judge(scan: Scan) -> Verdict:
    return summarise([rate(scan.png)])
