"""A mapping proposed for an export that nobody has described: from its headers and what stands in its columns."""
