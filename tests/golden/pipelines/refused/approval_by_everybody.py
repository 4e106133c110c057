from reviews import *

from mlfn.approvals import approval


@app.pipeline(mode="async", timeout_s=600)
def judge(scan: Scan) -> str:
    approval(scan, by=["*"])
    return redact(scan.png)
