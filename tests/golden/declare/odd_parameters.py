from mlfn import model


@model
def starred(*texts: str, **options: str) -> str:
    return texts[0]


@model
def positional(text: str, /, language: str) -> str:
    return text


@model
def nothing() -> str:
    return ""


@model
async def later(text: str) -> str:
    return text


@model
def generated(text: str) -> str:
    yield text


@model
async def streamed(text: str) -> str:
    yield text
