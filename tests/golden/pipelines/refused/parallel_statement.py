from reviews import *

from mlfn import parallel


@app.pipeline
def judge(scan: Scan) -> Opinion:
    with parallel():
        if scan.png == "x":
            opinion = rate(scan.png)
    return rate("")
