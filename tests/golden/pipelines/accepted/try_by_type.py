from reviews import *

from mlfn import Timeout


@app.pipeline
def judge(scan: Scan) -> str:
    try:
        text = redact(scan.png)
    except (Busy, Timeout) as error:
        text = fallback(str(error))
    except ValueError:
        text = "unreadable"
    return text
