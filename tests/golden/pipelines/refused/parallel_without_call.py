from reviews import *

from mlfn import parallel


@app.pipeline
def judge(scan: Scan) -> Opinion:
    with parallel():
        text = scan.png
    return rate(text)
