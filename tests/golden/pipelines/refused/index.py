from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    return rate(read(scan).paragraphs[0])
