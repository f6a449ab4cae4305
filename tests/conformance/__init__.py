"""Conformance: the same behaviour of servers and clients in C++, Python and Node."""
