from reviews import *


@app.model(name="MlfnIngress")
def mine(text: str) -> str:
    return text


@app.pipeline
def judge(scan: Scan) -> str:
    return mine(scan.png)
