from reviews import *


@app.pipeline
def judge(scan: Scan) -> str:
    page = read(scan)
    try:
        text = redact(scan.png)
    except ValueError as error:
        if page.confidence > 0.5:
            raise error
        text = page.title
        if text is None:
            text = str(error)
    return text
