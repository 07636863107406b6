"""What a stream looks like: drawings, the time that nodes take, and pictures of samples."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imagepipe_rs import GraphError
from imagepipe_rs.graph import (
    Conditional,
    Constant,
    Convert,
    GetRandom,
    MakeList,
    PyNode,
    RandomSeed,
    SampleIndex,
    SampleNormal,
    SampleUniform,
    Stream,
    Transpose,
    collage,
    load,
    pipeline,
)
from imagepipe_rs.graph._layout import Edge, laid_out

if TYPE_CHECKING:
    from pathlib import Path

SVG = "{http://www.w3.org/2000/svg}"


@pipeline()
def choice(offset: int = 3) -> dict[str, Any]:
    drawn = SampleUniform(0, 1)
    shifted = SampleNormal(sigma=2.0) * offset + SampleIndex()
    return {"value": Conditional(drawn, shifted, drawn > 0.5), "next": drawn + 1}


def box_texts(svg: str) -> list[list[str]]:
    """Return what is written in each box."""
    drawing = ET.fromstring(svg).findall(f"{SVG}g")[0]  # noqa: S314  our own
    boxes = drawing.findall(f"{SVG}g")
    return [[text.text or "" for text in box.iter(f"{SVG}text")] for box in boxes]


# ---------------------------------------------------------------------------------------- drawings


def test_a_drawing_has_operations_constants_and_outputs() -> None:
    boxes = box_texts(choice().visualize("svg"))
    assert ["true", "false", "condition", "Conditional"] in [box[:4] for box in boxes]
    assert ["SampleNormal", "sigma = 2.0"] in [box[:2] for box in boxes]
    assert ["Multiply", "b = 3"] in [box[:2] for box in boxes]
    assert boxes[-2:] == [["value"], ["next"]]


def test_what_is_as_by_default_is_not_drawn() -> None:
    text = choice().visualize("svg") + choice().visualize("dot")
    assert "mean =" not in text
    assert "saturate" not in text


def test_only_seeds_that_are_shared_are_drawn() -> None:
    @pipeline()
    def shared() -> tuple[Any, ...]:
        seed = RandomSeed()
        return GetRandom([1, 2, 3], seed), GetRandom([4, 5, 6], seed)

    assert "RandomSeed" not in choice().visualize("dot")
    assert shared().visualize("dot").count('[label="RandomSeed') == 1


def test_edges_come_in_the_order_of_the_parameters() -> None:
    dot = choice().visualize()
    names = dict(re.findall(r'^  (n\d+) \[label="(\w+)', dot, re.MULTILINE))
    into = [
        (names[source], parameter)
        for source, target, parameter in re.findall(r'(n\d+) -> (n\d+) \[label="(\w+)"\]', dot)
        if names[target] == "Conditional"
    ]
    assert into == [("SampleUniform", "true"), ("Add", "false"), ("Greater", "condition")]


def test_every_edge_of_dot_joins_nodes_that_are_there() -> None:
    dot = choice().visualize()
    declared = set(re.findall(r"^  (n\d+) \[label=", dot, re.MULTILINE))
    joined = set(re.findall(r"n\d+", " ".join(re.findall(r"n\d+ -> n\d+", dot))))
    assert joined <= declared


def test_names_and_texts_of_all_kinds_are_escaped() -> None:
    @pipeline()
    def odd() -> dict[str, Any]:
        text = MakeList([Constant('"<&>\\\n\x1b"'), Constant("x" * 1000)], name='na"me <&> \\')
        return {'la"bel <&>\n': text}

    svg = odd().visualize("svg")
    ET.fromstring(svg)  # noqa: S314  our own
    assert "\x1b" not in svg
    assert "x" * 100 not in svg
    dot = odd().visualize("dot")
    assert re.fullmatch(r'(?:[^"\\]|"(?:[^"\\]|\\.)*")*', dot), "a quote is left open"


def test_a_drawing_is_the_same_every_time() -> None:
    assert choice().visualize("svg") == choice().visualize("svg")
    assert choice().visualize("dot") == choice().visualize("dot")


def test_a_loaded_stream_is_drawn(tmp_path: Path) -> None:
    choice().save(tmp_path / "choice.pipe")
    loaded = load(tmp_path / "choice.pipe")
    assert loaded.visualize("svg") == choice().visualize("svg")


def test_a_function_and_a_constant_that_is_an_output_are_drawn() -> None:
    @pipeline()
    def odd() -> tuple[Any, ...]:
        return PyNode(abs, [SampleIndex()]), Constant(7)

    titles = [box[0] for box in box_texts(odd().visualize("svg"))]
    assert titles == ["SampleIndex", "PyNode", "Constant", "output 0", "output 1"]


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="format='png' is not valid: 'dot' or 'svg'"):
        choice().visualize("png")


# ------------------------------------------------------------------------------------------ layout


@st.composite
def boxes_and_edges(draw: st.DrawFn) -> tuple[list[tuple[float, float]], list[Edge]]:
    count = draw(st.integers(1, 25))
    sizes = [
        (float(draw(st.integers(20, 200))), float(draw(st.integers(10, 90)))) for _ in range(count)
    ]
    edges = []
    for target in range(1, count):
        sources = draw(st.lists(st.integers(0, target - 1), max_size=4))
        half = sizes[target][0] / 2
        edges += [
            Edge(source, target, half * (2 * port + 1) / len(sources) - half)
            for port, source in enumerate(sources)
        ]
    return sizes, edges


@given(boxes_and_edges())
def test_boxes_do_not_overlap_and_lie_below_what_they_take(
    drawing: tuple[list[tuple[float, float]], list[Edge]],
) -> None:
    sizes, edges = drawing
    layout = laid_out(sizes, edges)
    placed = [(x, y, x + w, y + h) for (x, y), (w, h) in zip(layout.boxes, sizes, strict=True)]
    for number, (left, top, right, bottom) in enumerate(placed):
        assert left >= -0.01
        assert top >= -0.01
        assert right <= layout.width + 0.01
        assert bottom <= layout.height + 0.01
        for other in placed[number + 1 :]:
            is_beside = right <= other[0] + 0.01 or other[2] <= left + 0.01
            assert is_beside or bottom <= other[1] or other[3] <= top
    for edge in edges:
        assert placed[edge.source][3] < placed[edge.target][1]


@given(boxes_and_edges())
def test_lines_lead_from_box_to_box_and_downwards(
    drawing: tuple[list[tuple[float, float]], list[Edge]],
) -> None:
    sizes, edges = drawing
    layout = laid_out(sizes, edges)
    for edge, line in zip(edges, layout.lines, strict=True):
        (x, y), (width, height) = layout.boxes[edge.source], sizes[edge.source]
        assert line[0] == pytest.approx((x + width / 2, y + height))
        x, y = layout.boxes[edge.target]
        assert line[-1] == pytest.approx((x + sizes[edge.target][0] / 2 + edge.shift, y))
        heights = [y for _, y in line]
        assert heights == sorted(heights)


def test_lines_do_not_cross_where_they_need_not() -> None:
    # Both consumers take the first source, which connects them; each has one of its own.
    edges = [Edge(0, 3, -10.0), Edge(1, 3, 10.0), Edge(0, 4, 10.0), Edge(2, 4, -10.0)]
    layout = laid_out([(50.0, 20.0)] * 5, edges)
    ends = sorted((line[0][0], line[-1][0]) for line in layout.lines)
    assert [end for _, end in ends] == sorted(end for _, end in ends)


def test_a_large_graph_is_laid_out() -> None:
    edges = [Edge(max(0, n - 1 - n % 7), n, 0.0) for n in range(1, 400)]
    assert len(laid_out([(60.0, 30.0)] * 400, edges).boxes) == 400


# ----------------------------------------------------------------------------------------- profile


def test_a_profile_counts_what_is_computed() -> None:
    stream = choice()
    rows = {row.operation: row for row in stream.profile(50)}
    assert rows["SampleUniform"].count == 50
    # The branch that is not taken is not computed.
    samples = [stream.run(index) for index in range(50)]
    taken = sum(one["next"] <= 1.5 for one in samples)
    assert 0 < rows["Multiply"].count == taken < 50


def test_a_profile_is_sorted_and_its_shares_add_up() -> None:
    profile = choice().profile(20, start=2**40)
    assert profile.samples == 20
    assert [row.share for row in profile] == sorted((row.share for row in profile), reverse=True)
    assert sum(row.share for row in profile) == pytest.approx(1)
    assert all(row.origin.startswith(__file__) for row in profile)


def test_a_profile_is_a_table_with_lines_of_source() -> None:
    lines = str(choice().profile(20)).splitlines()
    assert re.fullmatch(r"20 samples on one thread, [\d.,]+ µs each", lines[0])
    assert lines[1].split() == ["share", "µs", "count", "operation", "made", "at"]
    (line,) = [line for line in lines if " SampleNormal " in line]
    assert "test_looking.py:" in line
    assert "shifted = SampleNormal(sigma=2.0) * offset + SampleIndex()" in line


def test_a_profile_of_constants_alone_has_no_rows() -> None:
    @pipeline()
    def constant() -> Any:
        return Constant(1) + 2

    profile = constant().profile(3)
    assert list(profile) == []
    assert "3 samples" in str(profile)


def test_a_profile_needs_samples_that_can_be_made() -> None:
    @pipeline()
    def failing() -> Any:
        return Constant([1, 2])[SampleIndex()]

    with pytest.raises(GraphError, match="sample 2"):
        failing().profile(3)
    with pytest.raises(ValueError, match="count=0 is not valid"):
        failing().profile(0)


# ----------------------------------------------------------------------------------------- collage


def gray(*values: int) -> np.ndarray[Any, Any]:
    return np.stack([np.full((2, 3), value, np.uint8) for value in values])


def stream_of(pictures: Any, label: str = "picture") -> Stream:
    @pipeline()
    def made() -> Any:
        if isinstance(pictures, list):
            all_of_them = MakeList([Constant(one) for one in pictures])
            return {label: all_of_them[SampleIndex()], "i": SampleIndex()}
        return {label: Constant(pictures)[SampleIndex()], "i": SampleIndex()}

    return made()


def test_a_collage_has_the_samples_row_by_row() -> None:
    sheet = collage(stream_of(gray(1, 2, 3, 4, 5, 6, 7)), 1, 2, 3)
    assert sheet.shape == (4, 9, 3)
    assert sheet.dtype == np.uint8
    assert sheet[::2, ::3].tolist() == [[[n] * 3 for n in row] for row in [(2, 3, 4), (5, 6, 7)]]


def test_colours_stay_and_alpha_is_dropped() -> None:
    picture = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(1, 2, 3, 4)
    assert np.array_equal(collage(stream_of(picture), 0, 1, 1), picture[0, :, :, :3])


def test_smaller_pictures_are_in_the_middle_of_black_tiles() -> None:
    pictures = [np.full((4, 6), 9, np.uint8), np.full((2, 2, 1), 7, np.uint8)]
    sheet = collage(stream_of(pictures), 0, 1, 2)
    expected = np.zeros((4, 12), np.uint8)
    expected[:, :6] = 9
    expected[1:3, 8:10] = 7
    assert np.array_equal(sheet[:, :, 0], expected)


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        (np.bool, [0, 1, 1]),
        (np.float32, [0.0, 1.0, 7.5]),
        (np.float64, [-0.5, 1.0, np.inf]),
        (np.uint16, [0, 65535, 65535]),
        (np.int16, [-5, 32767, 32767]),
    ],
)
def test_what_is_white_in_another_type_is_white(dtype: Any, values: list[float]) -> None:
    picture = np.array([[values]], dtype)
    assert collage(stream_of(picture), 0, 1, 1)[0, :, 0].tolist() == [0, 255, 255]


def test_not_a_number_is_black() -> None:
    assert collage(stream_of(np.full((1, 1, 1), np.nan, np.float32)), 0, 1, 1).max() == 0


def test_the_output_is_chosen_by_number_or_label() -> None:
    stream = stream_of(gray(1, 2))
    first = collage(stream, 0, 1, 2)
    assert np.array_equal(collage(stream, 0, 1, 2, output="picture"), first)
    assert np.array_equal(collage(stream, 0, 1, 2, output=-2), first)
    with pytest.raises(ValueError, match="sample 0 has no picture, but"):
        collage(stream, 0, 1, 2, output="i")
    for output in ("x", 2, -3):
        with pytest.raises(ValueError, match=r"output=.* is not valid: one of \['picture', 'i'\]"):
            collage(stream, 0, 1, 2, output=output)


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match=r"sample 0 has no picture, but shape \(2, 2, 2\)"):
        collage(stream_of(np.zeros((1, 2, 2, 2), np.uint8)), 0, 1, 1)
    with pytest.raises(ValueError, match="rows=0 and columns=1 are not valid"):
        collage(stream_of(gray(1)), 0, 0, 1)


def test_a_picture_that_is_computed_is_shown() -> None:
    @pipeline()
    def turned() -> Any:
        return Convert(Transpose(Constant(gray(5)[0]), [1, 0]), "Char")

    assert collage(turned(), 0, 1, 1).shape == (3, 2, 3)
