from reviews import *

from mlfn import parallel


@app.pipeline
def judge(scan: Scan) -> Opinion:
    with parallel():
        text = read(scan)
        opinion = rate(text.paragraphs)
    return opinion
