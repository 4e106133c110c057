from reviews import *


@app.pipeline
def careful(text: str, language: str = "en") -> str:
    try:
        return redact(text)
    except Busy as error:
        return fallback(str(error), language)


@app.pipeline
def judge(scan: Scan) -> list[str]:
    text = read(scan)
    first = careful(scan.png)
    return [first, careful(scan.language, language="fr")]
