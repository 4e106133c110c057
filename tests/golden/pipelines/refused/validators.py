from reviews import *


@app.pipeline
def judge(scan: Scan) -> Checked:
    return Checked(score=rate(scan.png).score)
