from reviews import *


@app.pipeline
def judge(scan: Scan) -> Verdict:
    text = read(scan)
    best = rate(scan.png)
    return Verdict(opinions=[best, Opinion(mood=Mood.BAD, score=text.confidence)])
