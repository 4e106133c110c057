from reviews import *

from mlfn import Retry, step

PATIENCE = Retry(on=(Busy,), attempts=2)
patient_redact = step(redact, retry=PATIENCE, timeout_s=8)


@app.pipeline
def judge(scan: Scan) -> str:
    return patient_redact(scan.png)
