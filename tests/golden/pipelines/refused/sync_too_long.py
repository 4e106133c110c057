from reviews import *


@app.pipeline(timeout_s=60)
def judge(scan: Scan) -> Verdict:
    text = read(scan)
    return summarise([rate(p) for p in text.paragraphs], text.title)
