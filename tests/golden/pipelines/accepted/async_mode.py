from reviews import *


@app.pipeline(mode="async", timeout_s=600)
def judge(scan: Scan) -> Verdict:
    text = read(scan)
    return summarise([rate(p) for p in text.paragraphs], text.title)
