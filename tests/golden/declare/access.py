from mlfn import Jwt, model, pipeline

LOGIN = Jwt("https://login.example.com", audience="reviews")


@model(
    access=[
        "everyone",
        "*",
        "arn:aws:iam::*:role/reader",
        "arn:aws:iam::123456789012:*",
        "arn:aws:iam::123456789012:group/readers",
        "arn:aws:iam::123456789012:role/team/*",
        "arn:aws:iam::123456789012:role/reader-*",
        "arn:aws:iam::123456789012:user/data/*",
        "arn:aws:sts::123456789012:assumed-role/reader/*",
    ]
)
def named(value: int) -> int:
    return value


@model(access=[LOGIN, "arn:aws:iam::123456789012:role/reader"])
def mixed(value: int) -> int:
    return value


@model(access=[LOGIN, Jwt("https://other.example.com", audience="reviews")])
def twice(value: int) -> int:
    return value


@model(access=[Jwt("http://login.example.com", audience=[], scopes="models read")])
def loose(value: int) -> int:
    return value


@model(access=LOGIN)
def bare(value: int) -> int:
    return value


@pipeline(access=[LOGIN], public=True)
def chain(value: int) -> int:
    return named(value)
