from reviews import *


@app.pipeline
def judge(scan: Scan) -> list[Opinion]:
    return [rate(q) for p in read(scan).paragraphs for q in p]
