"""OpenSanctions against the shapes typed from its documentation: no body of the live service was recorded."""

from __future__ import annotations

import json

import pytest
from beside import SHARED
from sources.opensanctions_bodies import matched, result

from credrisk.sources.opensanctions import _query

pytestmark = pytest.mark.real


def test_query_and_invented_bodies_have_the_documented_fields() -> None:
    path = SHARED / "samples" / "opensanctions" / "match_request_response_shape.json"
    shape = json.loads(path.read_text(encoding="utf-8"))
    documented = shape["request"]["json"]["queries"]["cust-1"]
    customer = {"name": "ACME GmbH", "country": "DE", "company_number": "HRB 1"}
    expected = {**documented, "properties": {k: v for k, v in documented["properties"].items() if v}}
    assert _query(customer) == expected
    response = shape["response"]["responses"]["cust-1"]
    invented = json.loads(matched(result()).body)["responses"]["0"]
    assert set(invented) == set(response)
    assert set(response["results"][0]) == set(invented["results"][0])
