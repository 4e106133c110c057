from reviews import *


@app.pipeline
def judge(scan: Scan) -> dict[str, list[str]]:
    if scan.png == "":
        kept = []
    else:
        kept = read(scan).paragraphs
    return {"kept": kept, "none": [], "again": [translate(each) for each in kept]}
