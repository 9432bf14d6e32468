"""A default that the schema takes is what the wire takes: generated code builds it, and it is the
value that its text has on the wire.
"""

from __future__ import annotations

import json
import sys
from types import ModuleType
from typing import Any, get_args

from ackord.codegen import generate
from ackord.runtime.validation import Arg, ArgumentsAdapter
from ackord.schema import load_bytes
from ackord.schema.model import Contract, Record, ScalarName
from hypothesis import given, settings
from hypothesis import strategies as st

DIGITS = "[0-9]{1,3}"
FORMS = {
    "datetime": r"20[0-9]{2}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-5][0-9](:[0-6][0-9](\.[0-9]{1,9})?)?([Zz]|[+-][0-2][0-9]:?[0-9]{2}|)",
    "date": r"([0-9]{4}-[01][0-9]-[0-3][0-9]|20[0-9]{6}|20[0-9]{2}-W[0-5][0-9](-[1-7])?)",
    "time": r"[0-2][0-9](:?[0-5][0-9](:[0-6][0-9]([.,][0-9]{1,9})?)?)?([Zz]|[+-][0-2][0-9]:?[0-9]{2}|)",
    "duration": rf"[+-]?P({DIGITS}[YMWDd])?(T?({DIGITS}H)?({DIGITS}M)?({DIGITS}([.,][0-9]{{1,9}})?S)?)?",
    "uuid": r"(urn:uuid:)?\{?[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}\}?",
    "decimal": r"[ +-]?([0-9]{1,3}_?[0-9]{1,30}|[0-9]{0,3})\.?[0-9]{0,9}([eE][+-]?[0-9]{1,7})?|NaN|sNaN1|-Infinity",
    "email": r"[A-Za-z.'@]{0,5}@[A-Za-z0-9.-]{0,12}",
    "ip": r"([0-9]{1,3}\.){3}[0-9]{1,3}(%1|/8)?|[0-9A-Fa-f:.]{1,20}",
    "url": r"[A-Za-z]{1,6}:/{0,3}[A-Za-z0-9.:@%?#\[\]-]{0,12}",
}
"""What people write, some of it not what the wire takes."""
NUMBERS = st.one_of(
    st.integers(-(2**64), 2**64).map(str),
    st.from_regex(r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
)
TEXT = st.text(st.characters(codec="utf-8"), max_size=20).map(json.dumps)
DEFAULTS: dict[str, st.SearchStrategy[str]] = {
    **{name: st.from_regex(form, fullmatch=True).map(json.dumps) for name, form in FORMS.items()},
    **dict.fromkeys(("int", "int64", "float"), NUMBERS),
    "decimal": st.one_of(NUMBERS, st.from_regex(FORMS["decimal"], fullmatch=True).map(json.dumps)),
    "bool": st.sampled_from(["true", "false", "1", '"true"']),
    "str": TEXT,
    "json_object": TEXT.map(lambda key: f"{{{key}: [1.5, null]}}") | TEXT,
    "json": st.recursive(
        st.one_of(NUMBERS, TEXT, st.just("null")),
        lambda inner: st.lists(inner, max_size=3).map(lambda parts: f"[{','.join(parts)}]"),
    ),
}


def test_every_scalar_that_may_have_a_default_is_tried() -> None:
    assert set(DEFAULTS) == {*get_args(ScalarName)} - {"bytes"}


@settings(max_examples=10)  # of 30 defaults each
@given(
    st.fixed_dictionaries(
        {name: st.lists(text, min_size=2, max_size=2) for name, text in DEFAULTS.items()}
    )
)
def test_a_default_that_the_schema_takes_is_built_at_import_and_taken_on_the_wire(
    written: dict[str, list[str]],
) -> None:
    accepted = {
        f"{name}_{number}": expression
        for name, texts in written.items()
        for number, text in enumerate(texts)
        if load_bytes(schema({"a": (expression := f"{name} = {text}")}), "s.yaml").contract
        is not None
    }
    contract = load_bytes(schema(accepted), "s.yaml").contract
    assert contract is not None
    record = contract.types[0]
    assert isinstance(record, Record)
    thing = built(contract)
    for field, annotation in zip(record.fields, thing.model_fields.values(), strict=True):
        assert field.default is not None
        of = annotation.rebuild_annotation()
        on_wire = json.dumps(
            str(field.default.value) if field.name.startswith("int64") else field.default.value
        )
        (decoded,) = ArgumentsAdapter("x", (Arg("a", of),)).decode(f'["x",{on_wire}]')
        assert decoded == annotation.default, accepted[field.name]
        assert type(decoded) is type(annotation.default), accepted[field.name]


def schema(fields: dict[str, str]) -> bytes:
    lines = [f"      {name}: {json.dumps(expression)}\n" for name, expression in fields.items()]
    return f"ackord: 1\nname: demo\nversion: 1.0.0\ntypes:\n  Thing:\n    fields:\n{''.join(lines)}".encode()


def built(contract: Contract) -> Any:
    """Import ``types.py`` of a contract, as it is."""
    module = sys.modules["generated_defaults"] = ModuleType("generated_defaults")
    exec(generate(contract, source="s.yaml")["types.py"], module.__dict__)  # noqa: S102 - what this is about
    return module.Thing


def test_the_same_limits_of_decimals_hold_for_defaults_and_on_the_wire() -> None:
    limits = "ge: 0.1, le: 1e3, multiple_of: 0.05, max_digits: 5, decimal_places: 2"
    for text in (
        "0.1",
        "0.10",
        "0.100",
        "1e3",
        "1E+3",
        "999.95",
        "0.05",
        "0.125",
        "1000.05",
        "1e2",
        "100000e-2",
        "0.101",
    ):
        head = f"ackord: 1\nname: demo\nversion: 1.0.0\ntypes:\n  P: {{newtype: decimal, {limits}}}\n  Thing: {{fields: {{a: 'P = \"{text}\"', b: P?}}}}\n"
        assert (load_bytes(head.encode(), "s.yaml").contract is not None) == (
            text in {"0.1", "0.10", "0.100", "999.95", "1e2"}
        ), text
