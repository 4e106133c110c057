from reviews import *


@app.pipeline
def judge(scan: Scan) -> str:
    try:
        if scan.png == "x":
            text = redact(scan.png)
        else:
            text = redact(translate(scan.png))
    except Exception as error:
        text = str(error)
    return text
