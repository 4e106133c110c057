from reviews import *


@app.pipeline
def judge(scan: Scan) -> str:
    try:
        try:
            found = redact(scan.png)
        except Busy as error:
            found = redact(str(error))
        text = translate(found)
    except Unreadable as error:
        return type(error).__name__
    except Exception:
        return "nothing"
    return text
