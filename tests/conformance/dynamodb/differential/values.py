"""Random attribute values and items."""

from __future__ import annotations

from hypothesis import strategies as st

texts = st.sampled_from(["", "a", "b", "ab", "abc", "Z", "é", "😀", "zz"])
numbers = st.sampled_from(
    [
        "0",
        "1",
        "2",
        "-1",
        "1.5",
        "10",
        "100",
        "-0.5",
        "1e5",
        "0.0001",
        "1e125",
        "-9e100",
        "1e-130",
        "12345678901234567890",
    ]
)
blobs = st.sampled_from(["", "AA==", "AAE=", "/w==", "YWJj"])
scalars = (
    st.builds(lambda text: {"S": text}, texts)
    | st.builds(lambda number: {"N": number}, numbers)
    | st.builds(lambda blob: {"B": blob}, blobs)
    | st.sampled_from([{"BOOL": True}, {"BOOL": False}, {"NULL": True}])
)
sets = (
    st.builds(lambda members: {"SS": members}, st.lists(texts, min_size=1, max_size=3, unique=True))
    | st.builds(lambda members: {"NS": members}, st.lists(st.sampled_from("0123"), min_size=1, max_size=3, unique=True))
    | st.builds(lambda members: {"BS": members}, st.lists(blobs, min_size=1, max_size=3, unique=True))
)
values = st.recursive(
    scalars | sets,
    lambda inner: (
        st.builds(lambda items: {"L": items}, st.lists(inner, max_size=3))
        | st.builds(lambda items: {"M": items}, st.dictionaries(st.sampled_from("xyz"), inner, max_size=2))
    ),
    max_leaves=4,
)
attributes = st.dictionaries(st.sampled_from("abcd"), values, max_size=4)
