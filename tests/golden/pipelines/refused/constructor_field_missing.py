from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    return Opinion(mood=Mood.GOOD)
