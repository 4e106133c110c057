from reviews import *

from mlfn import limit


@app.pipeline
def judge(scan: Scan) -> list[list[str]]:
    text = read(scan)
    return [[translate(each, other) for other in text.paragraphs] for each in limit(text.paragraphs, 5)]
