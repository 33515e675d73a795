"""What the conformance tests share: servers, raw connections, waiting, random commands."""
