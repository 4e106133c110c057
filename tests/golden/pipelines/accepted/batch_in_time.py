from reviews import *

from mlfn import Timeout, parallel, wait


@app.pipeline(mode="batch", timeout_s=60)
def judge(scan: Scan) -> Verdict:
    wait(seconds=5)
    try:
        text = read(scan)
    except Timeout:
        wait(seconds=2)
        text = read(scan)
    with parallel():
        verdict = summarise([rate(p) for p in text.paragraphs], text.title)
        again = read(scan)
    return verdict
