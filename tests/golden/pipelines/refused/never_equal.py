from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    opinion = rate(scan.png)
    if opinion.mood == "good":
        return opinion
    return rate("")
