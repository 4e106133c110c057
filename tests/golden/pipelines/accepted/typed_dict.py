from reviews import *


@app.pipeline
def judge(scan: Scan) -> Sizes:
    sizes = measure(scan.png)
    if sizes["small"] > 3:
        return {"small": 3}
    return {"small": sizes["small"], "large": 7}
