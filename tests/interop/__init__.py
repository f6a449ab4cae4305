"""Interoperation with programs of others: their clients with our servers, and the other way."""
