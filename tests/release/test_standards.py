# SPDX-License-Identifier: Apache-2.0
"""The standard documents of a release pass the standards' own tools."""

import json

import pytest
from tests.release.builders import a_release

from maalem.release.bom import BOM
from maalem.release.signing import open_envelope
from maalem.release.slsa import PROVENANCE


def payload_in(released, name):
    return open_envelope((released / name).read_bytes()).payload.decode()


@pytest.mark.parametrize("name", [PROVENANCE, "signature.dsse.json"])
def test_in_toto_finds_no_fault_in_our_statements(released, name):
    from google.protobuf import json_format
    from in_toto_attestation.v1 import statement_pb2
    from in_toto_attestation.v1.statement import Statement

    payload = payload_in(released, name)
    parsed = json_format.Parse(payload, statement_pb2.Statement())
    Statement.copy_from_pb(parsed).validate()
    assert json_format.MessageToDict(parsed) == json.loads(payload)


def test_in_toto_reads_all_of_our_provenance_as_slsa(released):
    from google.protobuf import json_format
    from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
    from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor

    predicate = json.loads(payload_in(released, PROVENANCE))["predicate"]
    read = provenance_pb2.Provenance()
    json_format.ParseDict(predicate, read)  # refuses a field that is not SLSA's
    assert json_format.MessageToDict(read) == predicate
    assert read.build_definition.build_type
    assert read.run_details.builder.id
    build, details = read.build_definition, read.run_details
    for one in (*build.resolved_dependencies, *details.byproducts):
        ResourceDescriptor.copy_from_pb(one).validate()


def test_in_toto_refuses_a_field_that_is_not_slsas(released):
    from google.protobuf import json_format
    from in_toto_attestation.predicates.provenance.v1 import provenance_pb2

    predicate = json.loads(payload_in(released, PROVENANCE))["predicate"]
    predicate["runDetails"]["bogus"] = "x"
    with pytest.raises(json_format.ParseError):
        json_format.ParseDict(predicate, provenance_pb2.Provenance())


def test_cyclonedx_finds_no_fault_in_our_bill_of_materials(released):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = (released / BOM).read_text()
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(text) is None
    bogus = json.loads(text)
    bogus["metadata"]["component"]["modelCard"]["bogus"] = 1
    assert validator.validate_str(json.dumps(bogus)) is not None


@pytest.mark.parametrize(
    "changes",
    [{"runs": ()}, {"base": None, "at": None, "taught_at": None, "caveats": ()}],
    ids=["no training", "no base, no time"],
)
def test_cyclonedx_finds_no_fault_where_little_was_recorded(tmp_path, changes):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = (a_release(tmp_path, **changes)[1] / BOM).read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
