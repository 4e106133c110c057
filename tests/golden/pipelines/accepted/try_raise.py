from reviews import *


@app.pipeline
def judge(scan: Scan) -> str:
    try:
        return redact(scan.png)
    except Busy as busy:
        fallback(str(busy))
        raise
    except Unreadable:
        return fallback("nothing to read")
