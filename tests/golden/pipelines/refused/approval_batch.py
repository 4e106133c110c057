from reviews import *

from mlfn.approvals import approval


@app.pipeline(timeout_s=20)
def judge(scan: Scan) -> str:
    decision = approval(scan, by=["arn:aws:iam::123456789012:role/reviewer"])
    return redact(scan.png)
