"""Why a limit is what it is, in sentences with the figures."""

from __future__ import annotations

import polars as pl

from credrisk.decisions.grades import NO_CREDIT_STATUSES
from credrisk.decisions.policy import Policy
from credrisk.decisions.season import season_arithmetic, temporary_arithmetic
from credrisk.decisions.sentences import day_words, days_words, money_words, percent_words, sentences
from credrisk.wording import percent

__all__ = ["limit_reasons"]

FAR_ABOVE = 1.5
"""A raise to more than so many times the highest limit ever on file is said."""
BARRED = ("warned", "arrears", "recovering", "withdrawn", "idle")
"""Why a limit on file is not raised."""


def limit_reasons(policy: Policy, currency: str) -> pl.Expr:
    """Return the reasons of each row that :func:`~credrisk.decisions.limit.recommend_limits` has worked out."""
    return sentences(
        _verdict(policy, currency),
        pl.when(~pl.col("stopped")).then(pl.format("Read first: {}.", "warned_of")),
        _binding(policy, currency),
        _not_buying(policy),
        _far_above(currency),
        _need(currency),
        _risk(),
        _cover(currency),
        _cover_ends(currency),
        _above_capacity(currency),
        _over(policy, currency),
        season_arithmetic(currency),
        temporary_arithmetic(currency),
        _sensitivity(currency),
        _outcome(currency),
    )


def _verdict(policy: Policy, currency: str) -> pl.Expr:
    limit, today = money_words(pl.col("recommended_limit"), currency), money_words(pl.col("credit_limit"), currency)
    tolerance = percent(policy.limit.keep_tolerance)
    generous = f"{policy.limit.generous_multiple:g}"
    return (
        pl.when(pl.col("action") == "stop")
        .then(
            pl.format(
                "Stop: {}. No new shipments on credit.",
                pl.when(pl.col("status") == "bad_debt")
                .then(pl.lit("a bad debt"))
                .when(pl.col("status") == "in_default")
                .then(pl.lit("in default"))
                .otherwise(pl.format("{} since {}", "insolvent_as", day_words(pl.col("insolvent_on")))),
            )
        )
        .when((pl.col("recommended_limit") == 0) & (pl.col("wanted") == 0) & (pl.col("first_unit") > 0))
        .then(pl.lit("No purchases to grant a limit for."))
        .when((pl.col("recommended_limit") == 0) & ~pl.col("binding").is_in(BARRED))
        .then(pl.lit("No credit: new shipments against payment in advance."))
        .when(pl.col("credit_limit").is_null())
        .then(pl.format("Grant {}; no limit is on file today.", limit))
        .when((pl.col("action") == "keep") & pl.col("roomy"))
        .then(
            pl.format(
                "Keep today's {}: above the need, but no more than {} times it and within the loss appetite.",
                today,
                pl.lit(generous),
            )
        )
        .when(pl.col("binding") == "warned")
        .then(
            pl.format(
                "Keep today's {}: no raise before somebody has read what a register says; else the policy gives {}.",
                today,
                money_words(pl.col("policy_limit"), currency),
            )
        )
        .when(pl.col("binding") == "arrears")
        .then(
            pl.format(
                "Keep today's {}: no raise while {} is past due; without it the policy gives {}.",
                today,
                money_words(pl.col("past_due"), currency),
                money_words(pl.col("policy_limit"), currency),
            )
        )
        .when(pl.col("binding") == "recovering")
        .then(
            pl.format(
                "Keep today's {}: no raise while the customer is recovering from a default; else the policy gives {}.",
                today,
                money_words(pl.col("policy_limit"), currency),
            )
        )
        .when(pl.col("binding") == "withdrawn")
        .then(
            pl.format(
                "Keep today's {}: it was set to 0 on {}, so that a new limit is to be decided by hand; else the policy "
                "gives {}.",
                today,
                day_words(pl.col("set_to_nothing_on")),
                money_words(pl.col("policy_limit"), currency),
            )
        )
        .when(pl.col("binding") == "idle")
        .then(
            pl.format(
                "Keep today's {}: no raise without a purchase; else the policy gives {}.",
                today,
                money_words(pl.col("policy_limit"), currency),
            )
        )
        .when((pl.col("action") == "keep") & (pl.col("policy_limit") != pl.col("credit_limit")))
        .then(
            pl.format(
                "Keep today's {}: the policy gives {}, within the tolerance of {}.",
                today,
                money_words(pl.col("policy_limit"), currency),
                pl.lit(tolerance),
            )
        )
        .when(pl.col("action") == "keep")
        .then(pl.format("Keep today's {}.", today))
        .when(pl.col("action") == "raise")
        .then(pl.format("Raise to {} from {}.", limit, today))
        .otherwise(pl.format("Lower to {} from {}.", limit, today))
    )


def _binding(policy: Policy, currency: str) -> pl.Expr:
    rules = policy.limit
    said = {
        "need": pl.when(pl.col("need").is_not_null())
        .then(pl.lit("What binds is the need."))
        .when(pl.col("credit_limit").is_null())
        .then(pl.lit("The need could not be measured."))
        .otherwise(pl.lit("The need could not be measured, so today's limit is the most that is recommended.")),
        "capacity": pl.format(
            "What binds is the financial capacity of {}{}.",
            money_words(pl.col("capacity_limit"), currency),
            pl.when(pl.col("cover_limit") > 0)
            .then(pl.format(", and {} of cover on top", money_words(pl.col("cover_limit"), currency)))
            .otherwise(pl.lit("")),
        ),
        "expected_profit": pl.when(pl.col("expected_profit_limit") > 0)
        .then(
            pl.format(
                "What binds is expected profit: beyond {} the next unit of limit loses more with the failing (PD {}) "
                "than it earns with the others.",
                money_words(pl.col("expected_profit_limit"), currency),
                percent_words(pl.col("pd_used")),
            )
        )
        .otherwise(
            pl.format(
                "What binds is expected profit: at a PD of {} and a margin of {} a sale on credit loses money.{}",
                percent_words(pl.col("pd_used")),
                percent_words(pl.col("margin")),
                pl.when(pl.col("margin_source") == "flat")
                .then(pl.lit(" The margin is flat, so expected profit is only a PD cut-off."))
                .otherwise(pl.lit("")),
            )
        ),
        "portfolio": pl.format(
            "What binds is the portfolio: its budgets and caps leave {}.",
            money_words(pl.col("portfolio_limit"), currency),
        ),
        "loss_appetite": pl.format(
            "What binds is the loss appetite: the expected loss may reach {}, {} of the account's yearly margin of {}.",
            money_words(pl.col("loss_budget"), currency),
            pl.lit(percent(rules.max_expected_loss_share, 1)),
            money_words(pl.col("margin_of_year"), currency),
        ),
        "new_customer": pl.format(
            "What binds is the rule for new customers without a limit on file: at most {}{} in the first {} months.",
            money_words(pl.col("trial_limit"), currency),
            pl.when(pl.col("trial_limit") > rules.new_customer.limit)
            .then(pl.lit(", the insured amount,"))
            .otherwise(pl.lit("")),
            pl.lit(f"{rules.new_customer.months:g}"),
        ),
        "arrears": pl.format(
            "Overdue items hold the limit back: {} of the balance is past due, the oldest item by {}.",
            percent_words(pl.col("share_past_due"), 0),
            days_words(pl.col("oldest_open_days")),
        ),
        "cap": pl.format(
            "What binds is the policy's cap of {}.", money_words(pl.lit(policy.appetite.single_name), currency)
        ),
        "minimum": pl.when(pl.col("credit_limit") >= pl.col("minimum"))
        .then(
            pl.format(
                "A limit on file is not lowered below {} while a sale on credit earns money.",
                money_words(pl.col("minimum"), currency),
            )
        )
        .otherwise(
            pl.format(
                "The policy grants {} to whoever passes the expected-profit test: "
                "its minimum, but no more than {} times the need.",
                money_words(pl.col("minimum"), currency),
                pl.lit(f"{rules.generous_multiple:g}"),
            )
        ),
    }
    return pl.coalesce(pl.when(pl.col("binding") == name).then(words) for name, words in said.items())


def _not_buying(policy: Policy) -> pl.Expr:
    """Say how long nothing was bought where this, or what goes with it, keeps the limit from being raised."""
    allowed = policy.limit.no_raise_idle_days
    idle = pl.col("days_since_last_invoice")
    words = pl.format(
        "The last invoice was {} ago, and whoever buys nothing for over {} is not raised.",
        days_words(idle),
        days_words(pl.lit(float(allowed))),
    )
    return pl.when(pl.col("binding").is_in(BARRED) & (idle > allowed)).then(words)


def _far_above(currency: str) -> pl.Expr:
    limit, highest = pl.col("recommended_limit"), pl.col("highest_limit")
    times = pl.format(
        "That is {} times the highest limit ever on file, {}.",
        (limit / highest).round(1).cast(pl.String),
        money_words(highest, currency),
    )
    raised = (pl.col("action") == "raise") & (limit > FAR_ABOVE * highest)
    never = pl.lit("No limit above 0 was ever on file.")
    return pl.when(raised & (highest > 0)).then(times).when(raised).then(never)


def _need(currency: str) -> pl.Expr:
    need = money_words(pl.col("need"), currency)
    by_sales = pl.format(
        "Need {}: {} a month x ({} of terms + {} late) / 30.4.",
        need,
        money_words(pl.col("monthly_invoiced"), currency),
        days_words(pl.col("terms_used")),
        days_words(pl.col("days_late_used")),
    )
    by_peaks = pl.format("Need {}: the peak of its months.", need)
    in_flight = pl.format("Need {}: the balance not yet due.", need)
    return (
        pl.when(pl.col("need") == pl.col("need_by_sales"))
        .then(by_sales)
        .when(pl.col("need") == pl.col("need_by_peaks"))
        .then(by_peaks)
        .otherwise(in_flight)
    )


def _risk() -> pl.Expr:
    measured = pl.format(
        "PD {} within 12 months{}, grade {}.",
        percent_words(pl.col("pd_used")),
        pl.when(pl.col("pd_source") == "expert_card")
        .then(pl.lit(" by an expert card, not fitted to this ledger's bad debts"))
        .otherwise(pl.lit("")),
        "grade_used",
    )
    laid_down = pl.format(
        "No PD measured: the policy's grade {} with {} stands in.", "grade_used", percent_words(pl.col("pd_used"))
    )
    of_defaults = pl.format(
        "PD {} within 12 months: so many of the past defaults became a bad debt.", percent_words(pl.col("pd_used"))
    )
    in_default = pl.format("No PD measured: the policy's {} in default stands in.", percent_words(pl.col("pd_used")))
    source = pl.col("pd_used_source")
    return (
        pl.when(source == "model")
        .then(measured)
        .when(source == "in_default")
        .then(of_defaults)
        .when((source == "policy_grade") & pl.col("status").is_in(NO_CREDIT_STATUSES))
        .then(in_default)
        .when(source == "policy_grade")
        .then(laid_down)
    )


def _cover(currency: str) -> pl.Expr:
    insured = pl.format("Insured: {}.", money_words(pl.col("cover_limit"), currency))
    lost = pl.format("Cover does not count: {}.", "cover_lost")
    return pl.when(pl.col("cover_limit") > 0).then(insured).otherwise(lost)


def _cover_ends(currency: str) -> pl.Expr:
    """Name the cover that ends before the next review."""
    words = pl.format(
        "Of that, {} ends on {}: {} is insured no longer from then on, unless it is renewed.",
        "cover_ending",
        day_words(pl.col("cover_ends")),
        money_words(pl.col("cover_ending_pays"), currency),
    )
    return pl.when((pl.col("recommended_limit") > 0) & (pl.col("cover_ends") < pl.col("review_on"))).then(words)


def _above_capacity(currency: str) -> pl.Expr:
    room = pl.col("capacity_limit") + pl.col("cover_limit")
    words = pl.format(
        "The limit is above the financial capacity of {}: more than the customer's own funds call for, which is shown "
        "but does not bind under this policy.",
        money_words(pl.col("capacity_limit"), currency),
    )
    return pl.when(pl.col("recommended_limit") > room).then(words)


def _over(policy: Policy, currency: str) -> pl.Expr:
    limit, balance = pl.col("recommended_limit"), pl.col("net_balance")
    words = pl.format(
        "The balance of {} is {} more than the limit; what releases an order is for `credrisk order` to say.",
        money_words(balance, currency),
        money_words(balance - limit, currency),
    )
    return pl.when(~pl.col("stopped") & (balance > limit * (1 + policy.order.tolerance))).then(words)


def _sensitivity(currency: str) -> pl.Expr:
    doubled = pl.col("limit_if_pd_doubled")
    words = pl.format("Were the PD twice as high, the policy would give {}.", money_words(doubled, currency))
    no_news = pl.col("binding").is_in(BARRED) & (doubled >= pl.col("credit_limit"))
    return pl.when(~pl.col("stopped") & (doubled != pl.col("policy_limit")) & ~no_news.fill_null(False)).then(words)


def _outcome(currency: str) -> pl.Expr:
    words = pl.format(
        "Expected loss of the year {}, expected profit {}.",
        money_words(pl.col("expected_loss"), currency),
        money_words(pl.col("expected_profit"), currency),
    )
    return pl.when(~pl.col("stopped") & (pl.col("recommended_limit") > 0)).then(words)
