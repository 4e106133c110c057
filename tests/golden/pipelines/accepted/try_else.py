from reviews import *


@app.pipeline
def judge(scan: Scan) -> list[str]:
    try:
        redact(scan.png)
    except Busy:
        pass
    except Unreadable:
        return []
    else:
        return [translate(scan.png)]
    return ["busy"]
