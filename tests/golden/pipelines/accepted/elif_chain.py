from reviews import *


@app.pipeline
def judge(scan: Scan) -> str:
    text = read(scan)
    if text.confidence > 0.9 and scan.language != "de":
        kind = "clear"
    elif text.title is None or not text.confidence > 0.5:
        kind = translate(scan.png)
    elif scan.png in ["a", "b"]:
        kind = scan.png
    else:
        return "other"
    return kind
