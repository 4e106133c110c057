from mlfn import model, pipeline


@model
def untyped(text, language: str):
    return text


@pipeline
def judge(text):
    return untyped(text, "en")
