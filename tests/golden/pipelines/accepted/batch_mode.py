from reviews import *


@app.pipeline(mode="batch")
def judge(scan: Scan) -> Verdict:
    text = read(scan)
    return summarise([rate(p) for p in text.paragraphs], text.title)
