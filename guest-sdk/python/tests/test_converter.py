"""Values to JSON and back."""

import dataclasses
import datetime
import decimal
import enum
import unittest
import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, NewType, Optional, TypedDict, Union

from dalsegno import converter, workflow
from dalsegno.common import Payload, RawValue
from dalsegno.converter import schema
from dalsegno.converter.json_text import encode

UTC = datetime.timezone.utc


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Point(NamedTuple):
    x: int
    y: float


class Extra(TypedDict, total=False):
    note: str


@dataclasses.dataclass
class Line:
    sku: str
    amount: int = 1


@dataclasses.dataclass
class Order:
    id: uuid.UUID
    lines: list[Line]
    due: datetime.datetime
    total: decimal.Decimal
    colour: Optional[Colour] = None
    limits: dict[str, datetime.timedelta] = dataclasses.field(default_factory=dict)


Sku = NewType("Sku", str)


class ToJson(unittest.TestCase):
    def test_texts_are_those_of_other_languages(self) -> None:
        for value, text in [
            ({"b": [1, None, True], "a": "ü😀<>&"}, '{"b":[1,null,true],"a":"ü😀<>&"}'),
            ('\x1f\x7f"\\\n\u2028', '"\\u001f\x7f\\"\\\\\\n\u2028"'),
            ([1.0, 0.1, -0.0, 1e15, 1e16, 1.5e300], "[1.0,0.1,-0.0,1000000000000000.0,1e+16,1.5e+300]"),
            ([1e-4, 1e-5, 1.25e-5, -1e-6, 1.5e-7, 1e-10], "[0.0001,0.00001,0.0000125,-1e-6,1.5e-7,1e-10]"),
            (["1e-05", 1e-05, 'a"1e-06'], '["1e-05",0.00001,"a\\"1e-06"]'),
            (10**20, "100000000000000000000"),
        ]:
            self.assertEqual(encode(value).decode(), text)

    def test_what_has_no_json_form_is_told_with_its_place(self) -> None:
        ring: list[Any] = [[]]
        ring[0].append(ring)
        for value, words in [
            (object(), "a value of the type `object` has no JSON form"),
            ([b"x"], r"^at \[0\]: bytes have a place only as a whole argument"),
            (float("nan"), "^Out of range"),
            ({"lines": [{"sku": object()}]}, r"^at .lines\[0\].sku: a value of the type `object`"),
            (Line(object(), 2), "^at .sku: a value of the type `object`"),  # type: ignore[arg-type]
            ({"sum": {(1, 2): 3}}, "^at .sum: keys must be"),
            (ring, r"^at \[0\]: Circular reference"),
        ]:
            with self.assertRaisesRegex((TypeError, ValueError), words):
                encode(value)

    def test_values_survive_the_way_there_and_back(self) -> None:
        order = Order(
            id=uuid.UUID(int=5),
            lines=[Line("a", 2), Line("b")],
            due=datetime.datetime(2026, 1, 31, 12, tzinfo=UTC),
            total=decimal.Decimal("9.90"),
            colour=Colour.BLUE,
            limits={"pay": datetime.timedelta(hours=1)},
        )
        payload = converter.to_contract(order)
        text = (
            '{"id":"00000000-0000-0000-0000-000000000005","lines":[{"sku":"a","amount":2},{"sku":"b","amount":1}],'
            '"due":"2026-01-31T12:00:00Z","total":"9.90","colour":"blue","limits":{"pay":3600}}'
        )
        self.assertEqual(payload.data.decode(), text)
        self.assertEqual(converter.decode(payload, Order), order)

    def test_bytes_and_raw_values_pass_as_they_are(self) -> None:
        payload = converter.to_contract(b"\x00\xff")
        self.assertEqual(payload.metadata, [("encoding", b"binary/plain")])
        for hint in (bytes, bytes | None, bytearray, Any):
            self.assertEqual(converter.decode(payload, hint), b"\x00\xff")
        raw = RawValue(Payload(b"<x/>", {"encoding": b"xml", "schema": b"1"}))
        self.assertEqual(converter.decode(converter.to_contract(raw), RawValue), raw)
        self.assertEqual(converter.decode(converter.to_contract(raw)), raw)
        with self.assertRaisesRegex(
            converter.Mismatch, "a payload with the encoding `xml` is not read as JSON"
        ):
            converter.decode(converter.to_contract(raw), str)

    def test_code_reads_raw_values_by_itself(self) -> None:
        read = workflow.payload_converter()
        self.assertEqual(read.from_payload(read.to_payload([1, 2]), list[int]), [1, 2])


class ByHints(unittest.TestCase):
    def test_types_are_read(self) -> None:
        for value, hint, fitted in [
            (1, float, 1.0),
            (2.0, int, 2),
            (3, Union[str, int], 3),
            (None, Optional[int], None),
            (["a", 1], tuple[str, int], ("a", 1)),
            ([1, 2], tuple[int, ...], (1, 2)),
            ([1, 1], set[int], {1}),
            ([1, 2.5], Point, Point(1, 2.5)),
            ({"1": "a"}, dict[int, str], {1: "a"}),
            ({"a": [1]}, Mapping[str, Sequence[int]], {"a": [1]}),
            ({"note": "n", "more": 1}, Extra, {"note": "n", "more": 1}),
            ({"sku": "a", "newer": 1}, Line, Line("a")),
            ("x", Literal["x", "y"], "x"),
            ("s", Sku, "s"),
            ("s", Annotated[str, "text"], "s"),
            ("2026-01-31", datetime.date, datetime.date(2026, 1, 31)),
            (1.5, datetime.timedelta, datetime.timedelta(seconds=1.5)),
            (1.5, decimal.Decimal, decimal.Decimal("1.5")),
            ("red", Colour, Colour.RED),
            ({"any": []}, Any, {"any": []}),
            ([1], list, [1]),
        ]:
            read = converter.fit(value, hint)
            self.assertEqual((read, type(read)), (fitted, type(fitted)), hint)

    def test_what_does_not_fit_is_told_with_its_place(self) -> None:
        for value, hint, message in [
            ("ten", int, "expected a whole number, got 'ten'"),
            (True, int, "expected a whole number, got true"),
            (1, str, "expected a text, got 1"),
            ({"sku": "a", "amount": []}, Line, "at .amount: expected a whole number, got an array"),
            ([{"sku": "a"}, {}], list[Line], "at [1]: `Line` needs the field `sku`"),
            ({"a": [1, "x"]}, dict[str, list[int]], "at .a[1]: expected a whole number, got 'x'"),
            ("green", Colour, "expected one of `Colour` ('red', 'blue'), got 'green'"),
            ("today", datetime.date, "expected a text for `date`, got 'today'"),
            (1, Union[str, None], "expected a text, got 1"),
        ]:
            with self.assertRaises(converter.Mismatch) as caught:
                converter.fit(value, hint)
            self.assertEqual(str(caught.exception), message)

    def test_models_with_a_validator_of_their_own_are_used(self) -> None:
        class Model:
            def __init__(self, value: Any) -> None:
                self.value = value

            @classmethod
            def model_validate(cls, value: Any) -> "Model":
                if value != {"a": 1}:
                    raise ValueError("not a model")
                return cls(value)

            def model_dump(self, mode: str) -> Any:
                return self.value

        self.assertEqual(encode([converter.fit({"a": 1}, Model)]).decode(), '[{"a":1}]')
        with self.assertRaisesRegex(converter.Mismatch, "not a model"):
            converter.fit({}, Model)


@dataclasses.dataclass
class Tree:
    name: str
    left: Optional["Tree"] = None


class Schemas(unittest.TestCase):
    def test_types_have_schemas_and_what_is_unknown_fits(self) -> None:
        line = {
            "type": "object",
            "properties": {"sku": {"type": "string"}, "amount": {"type": "integer"}},
            "required": ["sku"],
        }
        for hint, expected in [
            (Any, True),
            (bytes, True),
            (RawValue, True),
            (Union[int, Any], True),
            (Optional[int], {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
            (list[Line], {"type": "array", "items": line}),
            (dict[str, float], {"type": "object", "additionalProperties": {"type": "number"}}),
            (Colour, {"enum": ["red", "blue"]}),
            (Literal["a", 1], {"enum": ["a", 1]}),
            (uuid.UUID, {"type": "string"}),
            (datetime.datetime, {"type": "string"}),
            (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
            (Extra, {"type": "object", "properties": {"note": {"type": "string"}}, "required": []}),
        ]:
            self.assertEqual(schema.of(hint, ()), expected, hint)
        point = schema.of(Point, ())
        self.assertEqual((point["minItems"], point["prefixItems"][1]), (2, {"type": "number"}))
        tree = schema.of(Tree, ())["properties"]
        self.assertEqual(tree["left"], True)

    def test_a_default_says_that_the_argument_may_be_absent(self) -> None:
        self.assertEqual(schema.text(int, True), '{"type": "integer", "default": null}')
        self.assertEqual(schema.text(Any, True), '{"default": null}')
        self.assertEqual(schema.text(Any, False), "true")
