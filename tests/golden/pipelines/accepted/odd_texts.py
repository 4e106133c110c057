from reviews import *


@app.pipeline
def judge(scan: Scan) -> list[str]:
    return ["", "two\nlines", 'quotes " and \\', "😀", scan.language]
