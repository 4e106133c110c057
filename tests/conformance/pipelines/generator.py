"""Pipelines made at random: source text that is right by construction, over the vocabulary's models."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

LETTERS = [*"ab {}%$`\"\\'é😀"]
CALM = {
    "int": ("double({int})", "count({strs})"),
    "str": ("label({str})", "label({str}, {int})", "label({str}, n={int})"),
    "strs": ("words({str})",),
    "item": ("first({items})", "Item({int}, {str})", "Item(n={int}, text={str}, tags={strs}, note={str})"),
    "items": ("expand({item})",),
    "any": ("echo({any})", "note_of({item})"),
}
"""Calls that never fail, by the type of what they give."""
TROUBLED = {
    "int": ("slow({int})",),
    "str": ("picky({str})",) * 2,
    **dict.fromkeys(("strs", "item", "items", "any"), ()),
}
STEPPED = (
    "step(flaky, retry=Retry(on=[Busy], attempts={attempts}, delay_s=1, jitter=False))({int}, {place})",
    "step(flaky, retry=Retry(on=(VeryBusy, Odd), attempts={attempts}))({int}, place={place})",
    "step(flaky, retry=Retry(attempts={attempts}), timeout_s=20)({int}, {place})",
)
HANDLED = (
    "Busy",
    "VeryBusy",
    "(Odd, VeryBusy)",
    "ValueError",
    "Timeout",
    "TimeoutError",
    "(Busy, Timeout)",
    "Exception",
)
TYPES = tuple(CALM)
SOME = {"strs": "item.tags", "items": "expand(item)"}
"""What stands in for empty lists, since a loop over nothing is refused."""
MODEL_CALLS = ("double(", "count(", "label(", "slow(", "picky(", "step(", "fussy(", "inner(", "first(")


@dataclass(kw_only=True)
class Level:
    """Where statements are being written: the names that have a value there, by type."""

    random: Random
    names: dict[str, str]
    depth: int
    indent: str = "    "
    lines: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """Names that hold what a model gave."""
    asked: list[str] = field(default_factory=list)
    """Items whose note was compared with None: asking again where the answer is known is refused."""
    at_once: bool = False
    """Other calls run at the same time, so which error comes first is not determined."""
    tried: bool = False
    handling: str | None = None
    inner: bool = False
    """It is the body of the pipeline that the generated one calls."""
    counter: list[int] = field(default_factory=lambda: [0])

    def below(self, **changes: object) -> Level:
        """A level inside this one."""
        deeper = replace(
            self, names=dict(self.names), answers=[*self.answers], depth=self.depth - 1, indent=self.indent + "    "
        )
        return replace(deeper, **changes)  # type: ignore[arg-type]  # fields by name

    def write(self, line: str) -> None:
        """Add a line."""
        self.lines.append(self.indent + line)

    def number(self) -> int:
        """A number that no other place has."""
        self.counter[0] += 1
        return self.counter[0]

    def chance(self, percent: int) -> bool:
        """True so often."""
        return self.random.randint(1, 100) <= percent

    def one_of(self, choices: tuple[str, ...] | list[str]) -> str:
        """One of them."""
        return self.random.choice(choices)


def value(level: Level, kind: str, size: int = 2) -> str:
    """An expression of a type, without calls."""
    names = [name for name, each in level.names.items() if kind in (each, "any")]
    if names and level.chance(60):
        return level.one_of(names)
    items = [name for name, each in level.names.items() if each == "item"]
    fields = {"int": ".n", "str": ".text", "strs": ".tags"}
    if items and kind in fields and level.chance(60):
        return level.one_of(items) + fields[kind]
    return _made(level, kind, size)


def _made(level: Level, kind: str, size: int) -> str:
    match kind:
        case "int":
            return repr(level.random.randint(-9, 9))
        case "str":
            if level.handling and level.chance(60):
                return level.one_of([f"str({level.handling})", f"type({level.handling}).__name__"])
            return repr("".join(level.random.choices(LETTERS, k=level.random.randint(0, 6))))
        case "strs" if size:
            return f"[{', '.join(value(level, 'str', size - 1) for _ in range(level.random.randint(0, 2)))}]"
        case "items" if size:
            return f"[{', '.join(value(level, 'item', size - 1) for _ in range(level.random.randint(0, 2)))}]"
        case "item":
            return f"Item({value(level, 'int', 0)}, {value(level, 'str', 0)})"
        case "any" if size:
            inside = value(level, level.one_of(TYPES), size - 1)
            other = value(level, level.one_of(TYPES), size - 1)
            return level.one_of([f"[{inside}, {other}]", f'{{"a": {inside}, "b c": {other}}}', inside, "None"])
    return "[]" if kind in ("strs", "items") else "None"


def call(level: Level, kind: str) -> str:
    """A call that gives a value of a type."""
    if kind == "int" and level.chance(25):
        return f"fussy({value(level, 'int')})"
    if kind == "int" and not level.at_once and level.chance(25):
        text = level.one_of(STEPPED)
        attempts, place = level.random.randint(2, 4), level.number()
        return text.format(int=value(level, "int"), attempts=attempts, place=place)
    if kind == "str" and not level.inner and level.chance(20):
        return f"inner({value(level, 'item')})"
    choices = CALM[kind] if level.at_once or level.chance(35) else (*CALM[kind], *TROUBLED[kind])
    text = level.one_of(choices)
    wanted = {each: value(level, each) for each in TYPES if f"{{{each}}}" in text}
    return text.format(**wanted)


def loop(level: Level, kind: str) -> str:
    """A list comprehension whose values have a type."""
    source = level.one_of(["strs", "items"])
    name = f"each{level.number()}"
    inside = level.below(at_once=True)
    inside.names[name] = {"strs": "str", "items": "item"}[source]
    element = call(inside, kind) if level.chance(70) else value(inside, kind)
    items = value(level, source)
    if items == "[]":
        items = SOME[source]
    if level.chance(30):
        items = f"limit({items}, {level.random.randint(1, 3)})"
    return f"[{element} for {name} in {items}]"


def known(level: Level, kind: str) -> str:
    """A name or field of a type, whose value is only known when the pipeline runs."""
    names = [name for name in level.answers if level.names.get(name) == kind]
    return level.one_of([*names, {"int": "item.n", "str": "item.text"}[kind]])


def condition(level: Level) -> str:
    """A comparison of typed values, or several."""
    items = ["item", *(name for name in level.answers if level.names.get(name) == "item")]
    simple = [
        f"{known(level, 'int')} {level.one_of(['<', '<=', '>', '>=', '==', '!='])} {value(level, 'int')}",
        f"{known(level, 'str')} {level.one_of(['==', '!='])} {value(level, 'str')}",
        f"{known(level, 'int')} {level.one_of(['in', 'not in'])} [1, 2, 3, {value(level, 'int')}]",
    ]
    text = level.one_of(simple)
    if (missing := [each for each in items if each not in level.asked]) and level.chance(30):
        text = f"{missing[0]}.note is {level.one_of(['None', 'not None'])}"
        level.asked.append(missing[0])
    if level.chance(25):
        text = f"{text} {level.one_of(['and', 'or'])} {level.one_of(simple)}"
    return f"not ({text})" if level.chance(15) else text


def statements(level: Level, least: int = 1, *, may_end: bool = False) -> bool:
    """Some statements; True if they end in a return."""
    for _ in range(level.random.randint(least, 3)):
        kinds = ["assign"] * 4 + (["if", "try", "with"] if level.depth else []) + ["wait"]
        match level.one_of(kinds):
            case "assign":
                _assign(level, f"v{level.number()}")
            case "if":
                _if(level)
            case "try":
                _try(level)
            case "with":
                _parallel(level)
            case _:
                level.write(f"wait({level.random.randint(0, 3)})")
    if may_end and level.chance(15):
        level.write(f"return {_result(level)}")
        return True
    return False


def _result(level: Level) -> str:
    return value(level, "str" if level.inner else "any")


def _assign(level: Level, name: str, kind: str | None = None) -> None:
    kind = kind or level.one_of(TYPES)
    lists = {"strs": "str", "items": "item"}
    if kind in lists and level.chance(50):
        text = loop(level, lists[kind])
    elif kind == "any" and level.chance(30):
        text = loop(level, level.one_of(TYPES))
    else:
        text = call(level, kind) if level.chance(65) else value(level, kind)
    if text == "[]" and kind in SOME:
        text = SOME[kind]
    level.write(f"{name} = {text}")
    level.names[name] = kind
    if text.startswith(MODEL_CALLS):
        level.answers.append(name)


def _if(level: Level) -> None:
    name, kind = f"v{level.number()}", level.one_of(TYPES)
    level.write(f"if {condition(level)}:")
    then = level.below()
    if not statements(then, may_end=True):
        _assign(then, name, kind)
    level.write("else:")
    otherwise = level.below()
    statements(otherwise, least=0)
    _assign(otherwise, name, kind)
    level.names[name] = kind


def _try(level: Level) -> None:
    name, kind, caught = f"v{level.number()}", level.one_of(TYPES), f"e{level.number()}"
    level.write("try:")
    body = level.below(tried=True)
    body.write(f"{name}_called = {call(body, 'int')}")
    statements(body, least=0)
    _assign(body, name, kind)
    body.write(f"{name}_called_too = double({value(body, 'int')})")
    named = level.random.sample(HANDLED, level.random.randint(1, 3))
    for each in sorted(named, key=lambda each: each == "Exception"):
        level.write(f"except {each} as {caught}:")
        _handler(level.below(handling=caught), name, kind)
    if level.chance(25):
        level.write("else:")
        otherwise = level.below()
        otherwise.names[name] = kind
        _assign(otherwise, f"v{level.number()}")
    level.names[name] = kind


def _handler(level: Level, name: str, kind: str) -> None:
    if statements(level, least=0, may_end=True):
        return
    if not level.tried and level.chance(15):
        level.write("raise")
    else:
        _assign(level, name, kind)


def _parallel(level: Level) -> None:
    level.write("with parallel():")
    inside = level.below(at_once=True)
    made = {}
    for _ in range(level.random.randint(1, 3)):
        name, kind = f"v{level.number()}", level.one_of(TYPES)
        text = f"echo({value(inside, 'any')})" if kind == "any" else call(inside, kind)
        if text.startswith("Item("):
            text, kind = f"double({value(inside, 'int')})", "int"
        inside.write(f"{name} = {text}")
        made[name] = kind
    level.names |= made


def pipeline_source(random: Random) -> str:
    """The source of a pipeline `generated`, and of one that it calls, `inner`."""
    inner = Level(random=random, names={"item": "item"}, depth=1, at_once=True, inner=True)
    if not statements(inner):
        inner.write(f"return {_result(inner)}")
    outer = Level(random=random, names={"item": "item"}, depth=2, counter=inner.counter)
    if not statements(outer, least=2):
        outer.write(f"return {_result(outer)}")
    head = "def {}(item: Item) -> {}:"
    lines = [head.format("inner", "str"), *inner.lines, "", "", head.format("generated", "Any"), *outer.lines, ""]
    return "\n".join(lines)


def item_data(random: Random) -> dict[str, Any]:
    """What a caller of a generated pipeline may send."""

    def text() -> str:
        return "".join(random.choices(LETTERS, k=random.randint(0, 6)))

    tags = [text() for _ in range(random.randint(0, 3))]
    data = {"n": random.randint(-9, 9), "text": text(), "tags": tags, "note": random.choice([None, text()])}
    return {key: each for key, each in data.items() if key in ("n", "text") or random.random() < 0.7}
