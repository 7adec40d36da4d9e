"""Requests that schemathesis leaves out: a `?watch` never ends, and a `?wait` ends at its timeout."""

import schemathesis


@schemathesis.hook
def filter_case(context, case):
    query = case.query if isinstance(case.query, dict) else {}
    return "watch" not in query and query.get("wait") in (None, "", "0", "1ms")
