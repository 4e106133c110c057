from functools import partial

from mlfn import App

app = App("places")


def make():
    @app.model
    def inner(value: int) -> int:
        return value

    return inner


make()


class Models:
    @app.model
    @staticmethod
    def method(value: int) -> int:
        return value


@app.model
class Predictor:
    def __call__(self, value: int) -> int:
        return value


anonymous = app.model(lambda value: value)


def weights(path: str) -> bytes:
    return b""


@app.model(load=weights)
def needs_a_path(value: int) -> int:
    return value


@app.model(load=partial(weights, "x"))
def partial_load(value: int) -> int:
    return value


@app.model(load=lambda: 3)
def lambda_load(value: int) -> int:
    return value


@app.model(load="weights")
def text_load(value: int) -> int:
    return value
