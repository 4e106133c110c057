"""What a compiled pipeline tells its models and its callers."""

from __future__ import annotations

import linecache
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from pydantic import BaseModel, Field, computed_field

from mlfn import App, MlfnError, model, pipeline
from mlfn_engine.projects.inside import inside
from mlfn_engine.resolve import resolve_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.pipelines.conftest import Machine

    Compile = Callable[..., Machine]

LIMIT = 3
TEXTS = ["a"]


@dataclass
class Page:
    text: str
    language: str = "en"
    title: str | None = None
    tags: list[str] = field(default_factory=list)
    day: Annotated[Any, Field()] = None


@dataclass
class Late:
    size: int = field(init=False)


class Aliased(BaseModel):
    size: int = Field(alias="Size")


class Computed(BaseModel):
    size: int

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way
    @property
    def double(self) -> int:
        return self.size * 2


@model
def read(page: Page) -> list[str]:
    return page.text.split()


@model
def join(texts: list[str], mark: str = "-") -> str:
    return mark.join(texts)


@model
def upper(text: str = "x") -> str:
    return text.upper()


@model
def anything(value: Any) -> Any:
    return value


@pipeline
def chain(page: Page) -> str:
    words = [upper(word) for word in read(page)]
    return join(words, page.language)


def refused(pipeline_: Callable[..., Any], *models: Callable[..., Any]) -> str:
    app = App("test", root=Path(__file__).parent)
    for each in (*models, pipeline_):
        app.add(each)
    with pytest.raises(MlfnError) as caught:
        resolve_app(app)
    return caught.value.message


def test_every_call_tells_its_caller_and_parents(compile_machine: Compile) -> None:
    machine = compile_machine(chain, read, join, upper)

    output = machine.run({"text": "a b"}, caller={"id": "jane"}, record="r0")

    assert output == "AenB"
    assert [(each["state"], each["parents"], each["input"]) for each in machine.calls] == [
        ("read", ["r0"], '{"language":"en","title":null,"tags":[],"day":null,"text":"a b"}'),
        ("upper", ["r1"], '"a"'),
        ("upper", ["r1"], '"b"'),
        ("join", ["r2", "r3", "r0"], '{"texts":["A","B"],"mark":"en"}'),
    ]
    assert {each["caller"]["id"] for each in machine.calls} == {"jane"}
    assert {(each["mlfn"], each["execution"], each["retry"], each["redrive"]) for each in machine.calls} == {
        (1, "arn:execution", 0, 0)
    }


def test_an_execution_that_somebody_starts_has_no_caller_and_no_parents(compile_machine: Compile) -> None:
    machine = compile_machine(chain, read, join, upper)

    machine.run({"text": "a"})

    assert (machine.calls[0]["caller"], machine.calls[0]["parents"]) == (None, [])


def test_a_field_that_the_caller_leaves_out_has_its_default(compile_machine: Compile) -> None:
    @pipeline
    def fields(page: Page) -> dict[str, Any]:
        return {"language": page.language, "title": page.title, "tags": page.tags, "day": page.day}

    output = compile_machine(fields).run({"text": "a", "tags": ["b"]})

    assert output == {"language": "en", "title": None, "tags": ["b"], "day": None}


def test_parameters_that_the_caller_leaves_out_have_their_defaults(compile_machine: Compile) -> None:
    @pipeline
    def several(text: str, mark: str = "+", *, tags: tuple[str, ...] = ("x",)) -> str:
        return join([text, text, upper()], mark)

    machine = compile_machine(several, join, upper)

    assert machine.run({"text": "a"}) == several("a") == "a+a+X"
    assert machine.run({"text": "a", "mark": "*"}) == "a*a*X"


def test_steps_name_their_models_in_order() -> None:
    app = App("test", root=Path(__file__).parent)
    for each in (read, join, upper, chain):
        app.add(each)

    steps = resolve_app(app).pipelines[0].steps

    assert [(each.name, each.model, each.retry) for each in steps] == [
        ("read", "read", 5),
        ("upper", "upper", 5),
        ("join", "join", 5),
    ]


def test_what_a_model_of_any_type_gives_can_be_taken_apart(compile_machine: Compile) -> None:
    @pipeline
    def loose(page: Page) -> Any:
        value = anything({"a": {"and": [page.text], "odd key": "k"}})
        return [value.a, value["a"]["and"], value["a"]["odd key"], [item for item in value.a["and"]]]

    assert compile_machine(loose, anything).run({"text": "x"}) == [
        {"and": ["x"], "odd key": "k"},
        ["x"],
        "k",
        ["x"],
    ]


def test_constants_of_the_module_are_values(compile_machine: Compile) -> None:
    @pipeline
    def numbers(page: Page) -> list[float]:
        one: float = -0.5
        pass
        return [LIMIT, one]

    assert compile_machine(numbers).run({"text": "a"}) == [3, -0.5]


def test_conditions_join_and_nest(compile_machine: Compile) -> None:
    @pipeline
    def which(page: Page) -> list[str]:
        words = read(page)
        if not (page.language in {"en", "de"} or page.text > "x") and page.text not in ["a", "b"]:
            kind = "other"
        else:
            kind = upper(page.language)
        if not page.title is None:  # noqa: E714 - narrowing through not
            kind = page.title
        same = page.text == kind
        if same:
            return []
        return [kind, join(words)]

    machine = compile_machine(which, read, join, upper)

    pages = [Page("a"), Page("c", "fr"), Page("c", title="T"), Page("T", title="T"), Page("y", "fr")]
    assert [machine.run(asdict(page)) for page in pages] == [which(page) for page in pages]


def test_lists_and_objects_as_conditions_are_compared_whole(compile_machine: Compile) -> None:
    @pipeline
    def whole(page: Page) -> bool:
        return [page.text] != ["a"]

    machine = compile_machine(whole)

    assert (machine.run({"text": "a"}), machine.run({"text": "b"})) == (False, True)


def test_a_reshaping_loop_sees_conditions_and_lists(compile_machine: Compile) -> None:
    @pipeline
    def flags(page: Page) -> list[Any]:
        words = read(page)
        return [{"long": word != "a" and not word > "b", "both": [word, page.text]} for word in words]

    assert compile_machine(flags, read).run({"text": "a c"}) == flags(Page(text="a c"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("return TEXTS", "A pipeline cannot hold this list."),
        ("return float_('inf')", "float_ is not a declared model."),
        ("return page()", "page is a value, not a model."),
        ("return 1e999", "inf is not a number in JSON."),
        ("return -page.text", "A pipeline cannot compute."),
        ("return {page.text: 1}", "A key of a dict must be a string written here."),
        ("return {**page}", "A key of a dict must be a string written here."),
        ("return Late()", "Late has fields that are not arguments, which only Python can run."),
        ("return Aliased(Size=1)", "Aliased has aliases, which only Python can run."),
        ("return Computed(size=1)", "Computed has computed fields or its own __init__, which only Python can run."),
        ("return Page('a', 'b', None, [], 1, 2)", "Page takes 5 positional arguments."),
        ("return [Page(text='a')][0:1]", "A pipeline can only take a typed object's fields."),
        ("return page.text is page.language", "A pipeline compares values, not identities."),
        ("return page.text in page.text", "A pipeline cannot make this comparison."),
        ("page.text\n    return 1", "This value is not used."),
        ("import os\n    return 1", "A pipeline cannot import."),
        ("return {'{%': 1}", "The key '{%' cannot be written in a state machine."),
        ("return anything(1)['`']", "The key '`' cannot be written in a state machine."),
        ("return [page.tags] == [['a']]", "A pipeline cannot compare lists built from lists."),
        ("return 1j", "A pipeline cannot hold this complex."),
        ("return undefined", "undefined is not defined."),
        ("return b'x'", "A pipeline cannot hold this bytes."),
    ],
    ids=lambda text: text.replace("\n", " ")[:40],
)
def test_what_only_python_can_do_is_refused(tmp_path: Path, line: str, message: str) -> None:
    path = str(tmp_path / "written.py")
    text = f"def judge(page: Page) -> Any:\n    {line}\n"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    namespace = dict(globals())
    exec(compile(text, path, "exec"), namespace)  # noqa: S102 - the source under test

    assert message in refused(pipeline(namespace["judge"]), anything)


def test_a_machine_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlfn_engine.pipelines.compiler.LARGEST_BYTES", 1000)

    assert "bytes; Step Functions takes 1,000." in refused(chain, read, join, upper)


def test_source_that_changed_since_its_import_is_not_compiled() -> None:
    namespace: dict[str, Any] = {}
    exec("def judge(text: str) -> str:\n    return text\n", namespace)  # noqa: S102 - a function without a file

    assert "The source of judge cannot be read." in refused(pipeline(namespace["judge"]))


def test_a_path_that_no_file_can_have_is_not_inside(tmp_path: Path) -> None:
    assert inside(tmp_path, "a\0b") is None
    assert inside(tmp_path, "a/../../b") is None
    assert inside(tmp_path, "a/b") == tmp_path.resolve() / "a/b"
