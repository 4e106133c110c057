from reviews import *

from mlfn import limit


@app.pipeline
def judge(scan: Scan) -> list[Opinion]:
    text = read(scan)
    return [rate(each) for each in limit(text.paragraphs, at_once=10)]
