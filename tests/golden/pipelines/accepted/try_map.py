from reviews import *

from mlfn import parallel


@app.pipeline
def judge(scan: Scan) -> list[str]:
    text = read(scan)
    try:
        words = [redact(each) for each in text.paragraphs]
        with parallel():
            first = redact(scan.language)
            second = redact(scan.png)
    except VeryBusy as error:
        return [fallback(str(error))]
    except Unreadable:
        return []
    return [first, second]
