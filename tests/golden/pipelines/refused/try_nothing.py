from reviews import *


@app.pipeline
def judge(scan: Scan) -> str:
    try:
        text = scan.png
    except ValueError:
        text = ""
    return text
