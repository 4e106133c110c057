from reviews import *


@app.pipeline
def judge(input: Scan) -> float:
    states = read(input)
    string = rate(input.png)
    caller = states.confidence
    return caller
