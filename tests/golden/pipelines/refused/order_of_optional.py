from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    text = read(scan)
    if text.title > "a":
        return rate("")
    return rate(scan.png)
