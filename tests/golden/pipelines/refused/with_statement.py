from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    with open(scan.png) as file:
        opinion = rate(scan.png)
    return opinion
