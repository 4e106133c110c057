"""`@model`, `@pipeline` and `App`: they mark, and change nothing."""

from __future__ import annotations

from types import ModuleType

import pytest

import mlfn
import mlfn.data
from mlfn import App, DeclarationError, model, pipeline
from mlfn.declare import ModelMark, PipelineMark, mark_of


def double(value: int) -> int:
    return value * 2


def test_a_bare_model_stays_the_function_it_was() -> None:
    def triple(value: int) -> int:
        return value * 3

    marked = model(triple)

    assert marked is triple
    assert marked(2) == 6
    assert isinstance(mark_of(triple), ModelMark)


def test_options_are_kept_on_the_function() -> None:
    @model(memory_mb=1024, requirements=["numpy"])
    def predict(value: int) -> int:
        return value

    mark = mark_of(predict)

    assert isinstance(mark, ModelMark)
    assert mark.options == {"memory_mb": 1024, "requirements": ["numpy"]}
    assert predict(4) == 4


def test_a_pipeline_is_plain_python() -> None:
    @pipeline(mode="async", timeout_s=60)
    def chain(value: int) -> int:
        return double(double(value))

    mark = mark_of(chain)

    assert chain(1) == 4
    assert isinstance(mark, PipelineMark)
    assert mark.options == {"mode": "async", "timeout_s": 60}


def test_an_app_gathers_what_it_decorates_in_order() -> None:
    app = App("reviews")

    @app.model
    def first(value: int) -> int:
        return value

    @app.model(name="renamed")
    def second(value: int) -> int:
        return value

    @app.pipeline
    def chain(value: int) -> int:
        return first(second(value))

    @app.pipeline(timeout_s=3)
    def later(value: int) -> int:
        return chain(value)

    assert app.models == (first, second)
    assert app.pipelines == (chain, later)
    assert repr(app) == "App('reviews')"


def test_adding_a_function_twice_keeps_it_once() -> None:
    app = App("reviews")
    marked = model(lambda value: value)

    app.add(marked)
    app.add(marked)

    assert app.models == (marked,)


def test_two_apps_share_nothing() -> None:
    App("one").add(model(lambda value: value))

    assert App("two").models == ()


def test_a_function_is_marked_once() -> None:
    marked = model(lambda value: value)

    with pytest.raises(DeclarationError, match=r"test_declaring.py:\d+: .* is marked twice") as caught:
        pipeline(marked)

    assert "Keep one" in caught.value.hint


def test_only_callables_are_marked() -> None:
    with pytest.raises(DeclarationError, match="'text' is no function to mark"):
        model()("text")  # type: ignore[arg-type]  # the mistake under test


def test_an_app_takes_marked_functions_only() -> None:
    with pytest.raises(DeclarationError, match="neither a model nor a pipeline"):
        App("reviews").add(double)


def test_a_resolved_app_is_frozen() -> None:
    app = App("reviews")
    app.freeze()

    with pytest.raises(DeclarationError, match="'reviews' is resolved and takes no more declarations"):
        app.add(model(lambda value: value))


def test_the_public_names_are_those_in_all() -> None:
    private = {"annotations", "TYPE_CHECKING"}
    values = {name: value for name, value in vars(mlfn).items() if not name.startswith("_") and name not in private}

    exported = {name for name, value in values.items() if not isinstance(value, ModuleType)}

    later = {
        "Blob",
        "Client",
        "Jwt",
        "Retry",
        "Sensitive",
        "Timeout",
        "open",
        "sample",
        "step",
    }  # they come when they are first asked for
    assert exported | later == set(mlfn.__all__)


def test_all_is_sorted_and_short() -> None:
    assert mlfn.__all__ == sorted(mlfn.__all__)
    assert len(mlfn.__all__) < 25
    assert dir(mlfn) == mlfn.__all__


def test_open_is_that_of_the_data_module() -> None:
    assert mlfn.open is mlfn.data.open


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'mlfn' has no attribute 'registry'"):
        mlfn.__getattr__("registry")
