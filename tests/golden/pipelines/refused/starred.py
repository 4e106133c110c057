from reviews import *


@app.pipeline
def judge(scan: Scan) -> str:
    return translate(*[scan.png], **{})
