from reviews import *
from strays import stray


@app.pipeline
def judge(scan: Scan) -> str:
    return stray(scan.png)
