# SPDX-License-Identifier: Apache-2.0
"""Requests and answers as the desk's own description of its API has them."""

import string

from hypothesis import strategies as st

KINDS = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
    "null": type(None),
}
UNFIT = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
"""What may stand where anything else should."""
TEXT = st.text(max_size=12) | st.text("ا🚜\u202e\x00\ud800'\"<", max_size=4)


def resolved(said, reference):
    """Follow a reference inside a description."""
    where = said
    for step in reference.removeprefix("#/").split("/"):
        where = where[step]
    return where


def fits(said, value, schema):
    """Whether a value has the shape of a schema; what the desk's own schemas use."""
    if "$ref" in schema:
        schema = resolved(said, schema["$ref"])
    if "anyOf" in schema:
        return any(fits(said, value, one) for one in schema["anyOf"])
    if schema["type"] == "integer" and isinstance(value, float):
        return value.is_integer()
    is_known = "enum" not in schema or value in schema["enum"]
    is_kind = isinstance(value, KINDS[schema["type"]])
    return is_known and is_kind and _inside_fits(said, value, schema)


def _inside_fits(said, value, schema):
    if isinstance(value, list):
        return all(fits(said, one, schema["items"]) for one in value)
    fields = schema.get("properties", {})
    inner = value.items() if fields else ()
    return set(schema.get("required", ())) <= set(fields and value) and all(
        name in fields and fits(said, one, fields[name]) for name, one in inner
    )


def fitting(said, schema, known):
    """Draw values that a schema allows.

    Args:
        said: The description.
        schema: Of what is drawn.
        known: For names of fields, values that mean something to this desk.
    """
    if "$ref" in schema:
        schema = resolved(said, schema["$ref"])
    if "anyOf" in schema:
        return st.one_of(*(fitting(said, one, known) for one in schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return _PLAIN[schema["type"]](said, schema, known)


def _object(said, schema, known):
    if "properties" not in schema:
        inner = fitting(said, schema["additionalProperties"], known)
        return st.dictionaries(TEXT, inner, max_size=2)
    fields = {
        name: _field(said, one, known, name=name)
        for name, one in schema["properties"].items()
    }
    needed = {name: fields.pop(name) for name in schema.get("required", ())}
    return st.fixed_dictionaries(needed, optional=fields)


def _field(said, schema, known, *, name):
    drawn = fitting(said, schema, known)
    return st.sampled_from(known[name]) | drawn if name in known else drawn


def _array(said, schema, known):
    return st.lists(fitting(said, schema["items"], known), max_size=3)


def _string(_said, schema, _known):
    if schema.get("format") == "uuid":
        return st.uuids(allow_nil=False).map(str)
    return TEXT.map(lambda text: text[: schema.get("maxLength", 99)])


def _number(_said, schema, _known):
    low, high = schema.get("minimum", -1e9), schema.get("maximum", 1e9)
    return st.floats(low, high) | st.integers(int(low), int(high))


def _integer(_said, schema, _known):
    low, high = schema.get("minimum", -(10**30)), schema.get("maximum", 10**30)
    return st.integers(low, high)


_PLAIN = {
    "object": _object,
    "array": _array,
    "string": _string,
    "number": _number,
    "integer": _integer,
    "boolean": lambda *_: st.booleans(),
    "null": lambda *_: st.none(),
}


@st.composite
def unfitting(draw, said, schema, known):
    """Draw a request that is fitting but for one thing, or nothing of the kind."""
    body = draw(fitting(said, schema, known))
    how = draw(st.sampled_from(("other", "lacking", "more", "wrong")))
    if how == "other" or not body:
        return draw(UNFIT)
    name = draw(st.sampled_from(sorted(body)))
    if how == "lacking":
        return {key: value for key, value in body.items() if key != name}
    if how == "more":
        extra = draw(st.text(string.ascii_letters, min_size=1, max_size=5))
        return {**body, f"x{extra}": draw(UNFIT)}
    return {**body, name: draw(UNFIT)}


def faults(said, path, method, answer):
    """Say what is wrong with an answer to a request; empty where nothing is.

    Args:
        said: The description.
        path: Of the request, as the description has it.
        method: Of the request, in small letters.
        answer: The response.
    """
    status, kind = answer.status_code, answer.headers["content-type"]
    if status >= 500:
        return f"{status} is a fault of the desk"
    if status != 200 and not 400 <= status < 500:
        return f"{status} is not described"
    told = said["paths"][path][method]["responses"]["200" if status == 200 else "4XX"]
    content = told.get("content", {}).get("application/json", {})
    if kind != "application/json":
        return f"{kind} is not described"
    schema = content.get("schema")  # empty for the description itself
    is_told = not schema or fits(said, answer.json(), schema)
    return "" if is_told else f"the body of {status} is not as described: {answer.text}"
