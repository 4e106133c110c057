from reviews import *

from mlfn.approvals import approval


@app.pipeline(mode="async", timeout_s=600)
def judge(scan: Scan) -> str:
    found = translate(scan.png)
    decision = approval(found, by=["arn:aws:iam::123456789012:role/reviewer"])
    return redact(decision.comment)
