from reviews import *

from mlfn import step


@app.pipeline
def judge(scan: Scan) -> list[Opinion]:
    return [step(rate, timeout_s=3)(each) for each in read(scan).paragraphs]
