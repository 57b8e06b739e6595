"""A mapping proposed for an export that nobody has described yet: from its headers and from what stands in its columns."""
