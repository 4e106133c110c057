from reviews import *


def helper(text: str) -> str:
    return text


@app.pipeline
def judge(scan: Scan) -> Opinion:
    return rate(helper(scan.png))
