from reviews import *


@app.pipeline
def judge(scan: Scan) -> int:
    return len(read(scan).paragraphs)
