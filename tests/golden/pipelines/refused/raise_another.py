from reviews import *


@app.pipeline
def judge(scan: Scan) -> str:
    try:
        return redact(scan.png)
    except Busy as error:
        raise Unreadable("busy") from error
