from reviews import *


@app.pipeline
def careful(text: str) -> str:
    try:
        return redact(text)
    except Busy:
        fallback("busy")
        raise


@app.pipeline
def judge(scan: Scan) -> str:
    try:
        found = careful(scan.png)
    except Busy as error:
        found = str(error)
    return found
