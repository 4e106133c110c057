from reviews import *

from mlfn.approvals import approval


@app.pipeline(mode="async", timeout_s=25)
def decide(text: str) -> str:
    return approval(text, by=["arn:aws:iam::123456789012:role/reviewer"]).by


@app.pipeline
def judge(scan: Scan) -> str:
    return decide(scan.png)
