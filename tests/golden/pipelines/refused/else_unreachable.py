from reviews import *


@app.pipeline
def judge(scan: Scan) -> str:
    try:
        return redact(scan.png)
    except Busy:
        return ""
    else:
        return "else"
