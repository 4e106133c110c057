from reviews import *


@app.pipeline
def judge(scan: Scan) -> str:
    try:
        try:
            return redact(scan.png)
        except Busy:
            raise
    except Exception:
        return ""
