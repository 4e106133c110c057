from reviews import *

from mlfn import limit


@app.pipeline
def judge(scan: Scan) -> list[str]:
    return limit(read(scan).paragraphs, 10)
