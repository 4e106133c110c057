from reviews import *

from mlfn.approvals import approval


@app.pipeline
def asks(text: str) -> str:
    return redact(text)


@app.pipeline(mode="async", timeout_s=600)
def decide(text: str) -> str:
    decision = approval(about=text, by=["arn:aws:iam::123456789012:role/reviewer"], timeout_s=1)
    return decision.by


@app.pipeline(mode="async", timeout_s=600)
def judge(scan: Scan) -> list[str]:
    return [decide(scan.png), asks(scan.png)]
