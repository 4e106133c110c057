from reviews import *


@app.pipeline(mode="async", timeout_s=600)
def careful(text: str) -> str:
    return redact(text)


@app.pipeline
def judge(scan: Scan) -> str:
    return careful(scan.png)
