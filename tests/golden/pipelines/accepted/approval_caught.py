from reviews import *

from mlfn import Timeout
from mlfn.approvals import Rejected, approval


@app.pipeline(mode="async", timeout_s=600)
def judge(scan: Scan) -> str:
    try:
        decision = approval(scan.png, by=["arn:aws:iam::123456789012:user/*"], timeout_s=1)
    except Rejected as error:
        return fallback(str(error), type(error).__name__)
    except Timeout as error:
        return fallback(str(error))
    return fallback(decision.comment, decision.by)
