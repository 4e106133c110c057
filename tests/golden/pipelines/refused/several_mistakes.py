from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    é_ü = read(scan); text = é_ü.titel
    other = rate(text)
    third = reed(other)
    return rate(third, other.mode)
