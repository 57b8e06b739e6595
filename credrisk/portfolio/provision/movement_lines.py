"""What each item adds to each line of a movement of the loss allowance, in whole minor units.

The opening allowance is brought to the closing rate of exchange; what was paid or credited releases its share; what was
written off uses the allowance in full, and what had not been provided for is a loss beyond it; what was taken back of
earlier write-offs comes to the allowance and is taken off the charge. What is left moves in
this order, each step at what the one before left: what of it is exposed, at the rate it had; its new bucket, by the
opening's matrix and rates; new rates by the opening's matrix, at the opening's forecast; the closing's matrix and what
is exposed by its choices, if they are others; the closing's forecast. What rounding leaves stands with the bucket of an
item that moved, else with what is exposed.
"""

from __future__ import annotations

import polars as pl

__all__ = ["AT_CLOSING", "GROSS_LINES", "LINES", "lines_of"]

REMEASURED = (
    *("losses_beyond", "losses_new", "less_recovered"),
    *("exposure", "moved_bucket", "new_rates", "new_matrix", "forecast"),
)
AT_CLOSING = ("closing", "new", "exposure", "moved_bucket", "new_rates", "new_matrix", "forecast")
"""Lines that stand with the stage in which an item ends; the others with that in which it began."""
MOVED = ("currency", "new", "settled", "write_offs", "recoveries", "taken_back")
LINES = ("opening", *MOVED, "transfer", *REMEASURED, "closing")
GROSS_LINES = ("opening", "currency", "new", "settled", "write_offs", "taken_back", "new_matrix", "closing")


def lines_of(items: pl.DataFrame, *, cecl: bool) -> pl.DataFrame:
    """Add the lines of every item.

    Parameters
    ----------
    items
        One row an item of either end: of the opening ``gross, exposed, allowance`` (minor units), ``rate, state,
        segment``, of the closing the same with ``_1``; ``gross_then, exposed_then, state_then, segment_then`` (at the
        closing, by the opening's matrix); ``rate_then`` (of these at the opening), ``rate_now_then`` (of these at the
        closing) and ``rate_as_then`` (of the closing's own matrix), all at the opening's forecast; what moved, in its
        own currency and as ``home_...`` in that of the movement.
    """

    def whole(expression: pl.Expr) -> pl.Expr:
        return expression.round(mode="half_away_from_zero").cast(pl.Int64)

    there, here = pl.col("in_opening"), pl.col("in_closing")
    # By its own choices the opening would hold the item at the closing: what it does not hold, the choices brought in.
    as_then = pl.col("gross_then") > 0
    allowed = pl.col("home_recovered") if cecl else pl.lit(0)
    based = pl.col("open_0").clip(1)
    off_share = pl.col("off").clip(0, pl.col("open_0").clip(0)) / based
    left_share = pl.min_horizontal(pl.col("open_1").clip(0) / based, 1 - off_share)
    step = items.with_columns(
        opening="allowance",
        closing="allowance_1",
        currency_code="currency",
        currency=whole(pl.col("allowance") * pl.col("factor")) - pl.col("allowance"),
        new=pl.when(~there & as_then).then("allowance_1").otherwise(0),
        write_offs=-pl.col("home_off"),
        recoveries=allowed.cast(pl.Int64),
        taken_back="home_taken_back",
        off_share=pl.when(there).then(off_share).otherwise(0.0),
        left_share=pl.when(there).then(left_share).otherwise(0.0),
    ).with_columns(carried=pl.col("opening") + pl.col("currency"))
    step = step.with_columns(
        provided=whole(pl.col("carried") * pl.col("off_share")),
        settled=-whole(pl.col("carried") * (1 - pl.col("off_share") - pl.col("left_share"))),
    )
    beyond = -pl.col("write_offs") - pl.col("provided")
    step = step.with_columns(
        losses_beyond=pl.when(there).then(beyond).otherwise(0),
        losses_new=pl.when(there).then(0).otherwise(beyond),
        less_recovered=-pl.col("recoveries") - pl.col("taken_back"),
    )
    until = LINES[: LINES.index("exposure")]
    left = pl.col("exposed") * pl.col("factor") * pl.col("left_share")
    effects = {
        "exposure": (pl.col("exposed_then") - left) * pl.col("rate"),
        "moved_bucket": pl.col("exposed_then") * (pl.col("rate_then") - pl.col("rate")),
        "new_rates": pl.col("exposed_then") * (pl.col("rate_now_then") - pl.col("rate_then")),
        "new_matrix": pl.col("exposed_1") * pl.col("rate_as_then") - pl.col("exposed_then") * pl.col("rate_now_then"),
        "forecast": pl.col("exposed_1") * (pl.col("rate_1").fill_null(0.0) - pl.col("rate_as_then")),
    }
    step = step.with_columns(
        running=pl.sum_horizontal(name for name in until if name != "transfer"),
        **{
            name: pl.when(there & (here | as_then)).then(whole(effect)).otherwise(0) for name, effect in effects.items()
        },
    ).with_columns(new_matrix=pl.when(~there & ~as_then).then("allowance_1").otherwise("new_matrix"))
    cents = pl.col("closing") - pl.sum_horizontal("running", *effects)
    in_bucket = (pl.col("moved_bucket") != 0).fill_null(value=False)
    step = step.with_columns(
        moved_bucket=pl.col("moved_bucket") + pl.when(in_bucket).then(cents).otherwise(0),
        exposure=pl.col("exposure") + pl.when(in_bucket).then(0).otherwise(cents),
    )
    crossed = here & there & (pl.col("opened_specific") != pl.col("closed_specific"))
    direction = pl.when("closed_specific").then(1).otherwise(-1)
    # What is gone has no closing stage: its last cents stay where it was; what never was is where it ends.
    return (
        step.with_columns(
            transfer=pl.when(crossed).then(pl.col("running") * direction).otherwise(0),
            closed_specific=pl.when(here).then("closed_specific").otherwise("opened_specific"),
        )
        .with_columns(opened_specific=pl.when(there).then("opened_specific").otherwise("closed_specific"))
        .with_columns(
            gross_opening="gross",
            gross_closing="gross_1",
            gross_currency=whole(pl.col("gross") * pl.col("factor")) - pl.col("gross"),
            gross_new=pl.when(~there)
            .then(pl.col("gross_then") - pl.col("write_offs") - pl.col("taken_back"))
            .otherwise(0),
            gross_write_offs="write_offs",
            gross_taken_back="taken_back",
            gross_new_matrix=pl.col("gross_1") - pl.col("gross_then"),
        )
        .with_columns(
            gross_settled=pl.col("gross_closing")
            - pl.sum_horizontal(f"gross_{line}" for line in GROSS_LINES if line not in ("settled", "closing"))
        )
    )
