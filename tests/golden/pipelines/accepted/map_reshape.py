from reviews import *


@app.pipeline
def judge(scan: Scan) -> list[dict[str, str | None]]:
    text = read(scan)
    return [{"paragraph": p, "title": text.title} for p in text.paragraphs]
