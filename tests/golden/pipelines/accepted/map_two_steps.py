from reviews import *


@app.pipeline
def judge(scan: Scan) -> list[Opinion]:
    return [rate(translate(p, language=scan.language)) for p in read(scan).paragraphs]
