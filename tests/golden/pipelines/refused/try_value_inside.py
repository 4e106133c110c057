from reviews import *


@app.pipeline
def judge(scan: Scan) -> str:
    text = translate(scan.png)
    try:
        text = redact(text)
    except Busy:
        return text
    return text
