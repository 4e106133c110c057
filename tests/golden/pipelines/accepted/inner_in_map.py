from reviews import *

from mlfn import limit


@app.pipeline
def careful(text: str) -> list[str]:
    if text == "":
        return []
    kept = [translate(text, each) for each in ["de", "fr"]]
    return kept


@app.pipeline
def judge(scan: Scan) -> list[list[str]]:
    page = read(scan)
    return [careful(each) for each in limit(page.paragraphs, 2)]
