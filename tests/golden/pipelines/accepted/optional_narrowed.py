from reviews import *


@app.pipeline
def judge(scan: Scan) -> str:
    title = read(scan).title
    if title is None:
        return "untitled"
    return redact(title)
