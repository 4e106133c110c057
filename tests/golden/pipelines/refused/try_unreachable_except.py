from reviews import *


@app.pipeline
def judge(scan: Scan) -> str:
    try:
        text = redact(scan.png)
    except Exception:
        text = ""
    except Busy:
        text = "busy"
    return text
