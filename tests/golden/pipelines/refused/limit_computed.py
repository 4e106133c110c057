from reviews import *

from mlfn import limit


@app.pipeline
def judge(scan: Scan) -> list[Opinion]:
    return [rate(each) for each in limit(read(scan).paragraphs, pace(scan.png))]
