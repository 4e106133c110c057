from reviews import *

from mlfn import parallel
from mlfn.approvals import approval

REVIEWERS = ["arn:aws:iam::123456789012:role/reviewer", "arn:aws:iam::123456789012:user/jane"]


@app.pipeline(mode="async", timeout_s=600)
def judge(scan: Scan) -> dict[str, object]:
    text = read(scan)
    with parallel():
        title = approval({"title": text.title, "words": [text.paragraphs]}, by=["arn:aws:iam::123456789012:user/jane"])
        short = redact(scan.language)
    return {"each": [approval(each, by=REVIEWERS).by for each in text.paragraphs], "title": title, "short": short}
