from reviews import *


@app.pipeline
def judge(scan: Scan) -> str:
    if scan.language == "en":
        try:
            found = redact(scan.png)
        except (Unreadable, Busy):
            found = "nothing"
    else:
        found = translate(scan.png)
    return found
