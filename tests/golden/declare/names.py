from mlfn import App

app = App("names")


@app.model
def modèle(value: int) -> int:
    return value


@app.model(name="two words")
def words(value: int) -> int:
    return value


@app.model(name="class")
def keyword(value: int) -> int:
    return value


@app.model(name=3)
def number(value: int) -> int:
    return value


@app.model
def same(value: int) -> int:
    return value


@app.pipeline(name="same")
def chain(value: int) -> int:
    return same(value)
