from mlfn import model


@model(requirements="missing.txt", assets=["missing.onnx", "../names.py", "/etc/passwd", "."])
def missing(value: int) -> int:
    return value


@model(requirements="../../../pyproject.toml")
def outside(value: int) -> int:
    return value


@model(requirements="requirements-bad.txt")
def bad_lines(value: int) -> int:
    return value


@model(requirements=["numpy >= > 1", "-r more.txt"])
def bad_list(value: int) -> int:
    return value


@model(requirements=3)
def number(value: int) -> int:
    return value
