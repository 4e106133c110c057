from reviews import *

from mlfn import parallel


@app.pipeline
def judge(scan: Scan) -> Verdict:
    text = read(scan)
    with parallel():
        opinions = [rate(p) for p in text.paragraphs]
        own = rate(scan.png)
        german = rate(translate(scan.png, "de"))
    return Verdict(opinions=[own, german], title=scan.language)
