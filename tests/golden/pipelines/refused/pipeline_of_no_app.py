from reviews import *
from strays import lost_pipeline


@app.pipeline
def judge(scan: Scan) -> str:
    return lost_pipeline(scan.png)
