from reviews import *


@app.pipeline
def judge(scan: Scan) -> int:
    return 12345678901234567890
