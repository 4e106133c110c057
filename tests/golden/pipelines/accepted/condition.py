from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    text = read(scan)
    if text.confidence < 0.6 and text.title is not None:
        opinion = rate(text.title)
    else:
        opinion = rate(scan.png)
    return opinion
