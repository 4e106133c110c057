from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    for p in read(scan).paragraphs:
        rate(p)
    return rate(scan.png)
