from reviews import *

from mlfn import Retry, step


@app.pipeline
def careful(text: str) -> str:
    return redact(translate(text))


@app.pipeline
def judge(scan: Scan) -> str:
    try:
        return step(careful, retry=Retry(on=[Busy], attempts=2))(scan.png)
    except Exception as error:
        return type(error).__name__
