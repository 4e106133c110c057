from reviews import *


@app.pipeline
def careful(text: str) -> str:
    return redact(text).upper()


@app.pipeline
def judge(scan: Scan) -> str:
    return careful(scan.png)
