from reviews import *

from mlfn import parallel


@app.pipeline
def judge(scan: Scan) -> list[str]:
    try:
        with parallel():
            first = redact(scan.png)
            second = translate(scan.png)
    except Exception as error:
        first = str(error)
        second = type(error).__name__
    return [first, second]
