from reviews import *


@app.pipeline
def judge(scan: Scan) -> Opinion:
    if scan.png == "x":
        found = rate("")
    return found
