from reviews import *


@app.pipeline
def judge(scan: Scan) -> Mood:
    opinion = rate(scan.png)
    if opinion.mood == Mood.BAD:
        return Mood.BAD
    return opinion.mood
