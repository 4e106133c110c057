from reviews import *

from mlfn import Retry, Timeout, step


@app.pipeline
def judge(scan: Scan) -> str:
    again = step(redact, retry=Retry(on=[Busy, Timeout], attempts=4, delay_s=2, backoff=1.5, max_delay_s=9))(scan.png)
    return step(translate, retry=Retry(jitter=False))(again)
