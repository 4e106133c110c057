from reviews import *


@app.pipeline
def judge(scan: Scan) -> list[Opinion]:
    return [rate(a) for a, b in read(scan).paragraphs]
