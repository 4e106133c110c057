from reviews import *

from mlfn.approvals import approval


@app.pipeline(mode="batch", timeout_s=60)
def judge(scan: Scan) -> str:
    decision = approval(scan, by=["arn:aws:iam::123456789012:role/reviewer"])
    return redact(scan.png)
