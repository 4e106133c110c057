from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    text = reed(scan)
    return rate(text.title)
