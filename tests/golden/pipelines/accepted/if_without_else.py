from reviews import *


@app.pipeline
def judge(scan: Scan) -> str:
    text = scan.png
    if scan.language == "de":
        text = translate(text, "en")
    return text
