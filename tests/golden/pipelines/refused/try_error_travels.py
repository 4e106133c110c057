from reviews import *


@app.pipeline
def judge(scan: Scan) -> str:
    try:
        text = redact(scan.png)
    except Busy as error:
        text = fallback(error)
    return text
