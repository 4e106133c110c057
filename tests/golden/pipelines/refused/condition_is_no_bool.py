from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    text = read(scan)
    if text.paragraphs:
        return rate("")
    return rate(scan.png)
