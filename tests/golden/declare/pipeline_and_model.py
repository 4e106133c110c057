from mlfn import model, pipeline


@model
def rate(text) -> float:
    return 1.0


@pipeline
def judge(text: str) -> float:
    return rate(text, mistakes_of="rate come first").upper()


@pipeline
def other(text: str) -> float:
    return rat(text)
