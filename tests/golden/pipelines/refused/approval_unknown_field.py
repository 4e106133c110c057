from reviews import *

from mlfn.approvals import approval


@app.pipeline(mode="async", timeout_s=600)
def judge(scan: Scan) -> str:
    decision = approval(scan, by=["arn:aws:iam::123456789012:role/reviewer"])
    redact(decision.name)
    return redact(scan.png)
