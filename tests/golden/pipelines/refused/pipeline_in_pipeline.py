from reviews import *


@app.pipeline
def inner(scan: Scan) -> Text:
    return read(scan)


@app.pipeline
def judge(scan: Scan) -> Text:
    return inner(scan)
