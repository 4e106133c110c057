from reviews import *


@app.pipeline
def judge(scan: Scan) -> None:
    """Docstrings are no statements."""
    read(scan)
    return None
