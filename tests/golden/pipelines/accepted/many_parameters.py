from reviews import *


@app.pipeline
def judge(scan: Scan, language: str = "en") -> str:
    text = read(scan=scan)
    if text.title is None:
        return "no title"
    return translate(text.title, language)
