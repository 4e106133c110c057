from reviews import *


@app.pipeline
def judge(scan: Scan) -> list[Opinion]:
    return [rate(p) for p in read(scan).paragraphs if p]
