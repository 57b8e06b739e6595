"""How one column of a ledger's table is made, and which rows count: the rules of a mapping file, read strictly."""

from __future__ import annotations

from typing import Any

from credrisk.sources.mapping_keys import KeyReader, listed
from credrisk.sources.mapping_rules import ColumnRule, Condition, fields_of
from credrisk.sources.terms_in_words import TERMS_FORMS, Terms, read_terms

__all__ = ["ColumnReader"]

DATE_ORDERS = {
    "day_first": ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"),
    "month_first": ("%m/%d/%Y", "%m.%d.%Y", "%m-%d-%Y"),
    "year_first": ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"),
}
"""What stands for a group of date formats in ``dates``."""

COLUMN_KEYS = (
    "column",
    "constant",
    "template",
    "default",
    "part_before",
    "part_after",
    "date_after",
    "split_at",
    "values",
    "otherwise",
    "keep_others",
    "dates",
    "plus_days",
    "minus_days",
    "default_plus_days",
    "default_minus_days",
    "days_of",
    "not_before",
    "not_after",
    "whole_number",
    "pad_zeros",
    "negative_where",
    "turn_sign",
    "turn_where",
)


class ColumnReader(KeyReader):
    """Reads the rules of columns and conditions; ``place`` in its methods is the key as the user wrote it."""

    def _column(self, target: str, place: str, value: Any) -> ColumnRule:
        if isinstance(value, str):
            return ColumnRule(target, place, columns=(value,))
        entry = self._mapping(value, place, "a source column, or a table such as { column = ..., default = ... }")
        self._known(
            entry,
            place,
            COLUMN_KEYS,
        )
        origins = [name for name in ("column", "constant", "template") if name in entry]
        if len(origins) != 1:
            self._fail(place, "made from exactly one of column, constant and template", origins or "none of them")
        if entry.get("column") == []:
            self._fail(f"{place}.column", "a source column, or a list of some", [])
        shifts = [name for name in ("plus_days", "minus_days") if name in entry]
        if len(shifts) > 1:
            self._fail(place, "shifted by plus_days or minus_days, not both", shifts)
        days = entry.get(shifts[0]) if shifts else None
        if isinstance(days, bool) or not isinstance(days, int | str | None):
            self._fail(f"{place}.{shifts[0]}", "a whole number or a source column", days)
        sign = -1 if shifts == ["minus_days"] else 1
        fallback = "default_minus_days" if sign < 0 else "default_plus_days"
        for name in ("default_plus_days", "default_minus_days"):
            if name in entry and (name != fallback or not isinstance(days, str)):
                self._fail(f"{place}.{name}", "beside a column of days of the same direction", entry[name])
        if "days_of" in entry and not isinstance(days, str):
            self._fail(f"{place}.days_of", "beside a column of days", entry["days_of"])
        values = entry.get("values")
        if values is None and ("otherwise" in entry or "keep_others" in entry):
            self._fail(place, "given values where it has otherwise or keep_others", sorted(entry))
        if "otherwise" in entry and "keep_others" in entry:
            self._fail(place, "given otherwise or keep_others, not both", sorted(entry))
        parts = [name for name in ("part_before", "part_after") if name in entry]
        if len(parts) > 1 or any(self._text(entry, place, name, "") == "" for name in parts):
            self._fail(place, "given a separator in part_before or in part_after", parts)
        split_at = tuple(self._scalar(one, f"{place}.split_at") for one in listed(entry.get("split_at", [])))
        if "" in split_at:
            self._fail(f"{place}.split_at", "what stands between two numbers, such as '/' or [',', '+']", "nothing")
        date_after = tuple(self._scalar(one, f"{place}.date_after") for one in listed(entry.get("date_after", [])))
        if "" in date_after or (date_after and parts):
            self._fail(
                f"{place}.date_after", "words behind which a date stands, and no part beside them", list(date_after)
            )
        template = self._optional(entry, place, "template")
        if template is not None:
            try:
                fields = fields_of(template)
            except ValueError as error:
                self._fail(f"{place}.template", f"text with source columns in braces ({error})", template)
            if not fields or "" in fields:
                self._fail(f"{place}.template", "text with source columns in braces", template)
        negative, turned = entry.get("negative_where"), entry.get("turn_where")
        return ColumnRule(
            target,
            place,
            columns=tuple(self._scalar(one, f"{place}.column") for one in listed(entry.get("column", []))),
            constant=self._scalar(entry["constant"], f"{place}.constant") if "constant" in entry else None,
            template=template,
            default=self._scalar(entry["default"], f"{place}.default") if "default" in entry else None,
            part_before=self._text(entry, place, "part_before", ""),
            part_after=self._text(entry, place, "part_after", ""),
            date_after=date_after,
            split_at=split_at,
            values=None if values is None else self._values(values, f"{place}.values"),
            otherwise=self._scalar(entry["otherwise"], f"{place}.otherwise") if "otherwise" in entry else None,
            keep_others=self._flag(entry, place, "keep_others"),
            dates=self._dates(entry, place),
            days=days if not isinstance(days, int) else sign * days,
            days_sign=sign,
            default_days=self._count(entry, place, fallback) if fallback in entry else None,
            days_of=self._days_of(entry.get("days_of", {}), f"{place}.days_of"),
            not_before=self._optional(entry, place, "not_before"),
            not_after=self._optional(entry, place, "not_after"),
            whole_number=self._flag(entry, place, "whole_number"),
            pad_zeros=self._count(entry, place, "pad_zeros"),
            negative_where=None if negative is None else self._condition(negative, f"{place}.negative_where"),
            turn_sign=self._flag(entry, place, "turn_sign"),
            turn_where=None if turned is None else self._condition(turned, f"{place}.turn_where"),
        )

    def _condition(self, value: Any, place: str) -> Condition:
        entry = self._mapping(value, place, "a table such as { column = 'Status', equals = 'open' }")
        known = ("equals", "not_equals", "empty", "less_than")
        self._known(entry, place, ("column", *known))
        tests = [name for name in known if name in entry]
        if "column" not in entry or not tests:
            self._fail(place, "given column and at least one of equals, not_equals, empty and less_than", entry)
        lists = {
            name: tuple(self._scalar(one, f"{place}.{name}") for one in listed(entry[name]))
            for name in ("equals", "not_equals")
            if name in entry
        }
        empty = self._flag(entry, place, "empty") if "empty" in entry else None
        column, *others = (self._scalar(one, f"{place}.column") for one in listed(entry["column"]) or [""])
        if others and tests != ["empty"]:
            self._fail(f"{place}.column", "one column, or several with 'empty' alone", entry["column"])
        less_than = entry.get("less_than")
        if isinstance(less_than, bool) or not isinstance(less_than, str | int | float | None) or less_than == "":
            self._fail(f"{place}.less_than", "a source column or a number", less_than)
        return Condition(column, lists.get("equals"), lists.get("not_equals"), empty, tuple(others), less_than)

    def _values(self, value: Any, place: str) -> tuple[tuple[str, str], ...]:
        entry = self._mapping(value, place, "a table such as { Yes = 'open', No = '' }")
        return tuple((key, self._scalar(one, f"{place}.{key}")) for key, one in entry.items())

    def _days_of(self, value: Any, place: str) -> tuple[tuple[str, Terms], ...]:
        entry = self._mapping(value, place, "a table such as { 'as agreed' = 30 }")
        read = []
        for key, one in entry.items():
            terms = read_terms(self._scalar(one, f"{place}.{key}"))
            if terms is None:
                self._fail(f"{place}.{key}", f"days, or terms such as {TERMS_FORMS}", one)
            read.append((key, terms))
        return tuple(read)

    def _dates(self, entry: dict[str, Any], place: str) -> tuple[str, ...]:
        given = [self._scalar(one, f"{place}.dates") for one in listed(entry.get("dates", []))]
        for one in given:
            if one not in DATE_ORDERS and "%" not in one:
                self._fail(f"{place}.dates", f"{', '.join(DATE_ORDERS)} or a format such as '%d.%m.%Y'", one)
        return tuple(form for one in given for form in DATE_ORDERS.get(one, (one,)))
