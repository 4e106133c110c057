from reviews import *


@app.pipeline
def judge(page: Scan | None) -> str:
    return page.png
