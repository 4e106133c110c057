from reviews import *


@app.pipeline
def judge(scan: Scan) -> Verdict:
    text = read(scan)
    return summarise([rate(p) for p in text.paragraphs], text.title)
