from reviews import *

from mlfn import parallel


@app.pipeline
def judge(scan: Scan) -> Opinion:
    with parallel():
        opinion = rate(scan.png)
        opinion = rate("")
    return opinion
