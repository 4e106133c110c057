from reviews import *


@app.pipeline
def judge(scan: Scan) -> Text:
    return read({"png": scan.png})
