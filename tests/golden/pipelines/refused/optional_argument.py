from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    text = read(scan)
    return rate(text.title)
