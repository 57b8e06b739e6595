"""The columns of the credit limits: what people read of :func:`credrisk.recommend_limits`."""

from __future__ import annotations

from credrisk.reports.column import AS_OF, CURRENCY, CUSTOMER_ID, NAME, POLICY, USED, Column, money_column

__all__ = ["LIMITS"]

WORDS = 70
"""Width of a column of arithmetic in words: no row grows taller than its reasons make it."""

LIMITS = (
    CUSTOMER_ID,
    NAME,
    Column("action", "Action", "state", 9, "Grant (none on file), raise, keep, lower or stop."),
    money_column("current_limit", "Current limit", "Credit limit in force at the as-of date."),
    money_column("recommended_limit", "Recommended limit", "Limit recommended under the policy."),
    money_column("change", "Change", "Recommended less current limit; none on file counts as nothing."),
    Column("binding", "Binding constraint", "state", 17, "Which of the candidates sets the recommendation."),
    money_column("need", "Need", "Limit that the customer's buying and paying calls for, at the peak of its months."),
    money_column("capacity_limit", "Financial capacity", "Share of its own funds by grade; empty without a statement."),
    money_column("peer_limit", "Peers", "What comparable customers have; empty with too few of them.", total=False),
    money_column("cover_limit", "Cover", "What insurance and guarantees pay at most on new shipments.", total=False),
    money_column(
        "expected_profit_limit",
        "Expected-profit limit",
        "Limit at which expected profit stops growing; empty where every further unit earns, so that only caps bind.",
        total=False,
    ),
    Column("pd_used", "PD used", "probability", 9, "PD that the recommendation is based on."),
    Column("reasons", "Reasons", "long", 60, "Why, in words."),
    *USED,
    money_column(
        "loss_appetite_limit",
        "Loss-appetite limit",
        "Limit at which the policy's loss appetite is reached.",
        printed=False,
        total=False,
    ),
    money_column(
        "portfolio_limit",
        "Portfolio limit",
        "Limit under the budgets of all customers together; empty where they do not bind.",
        printed=False,
    ),
    money_column(
        "seasonal_limit", "Seasonal limit", "Higher limit for the next season, where there is one.", printed=False
    ),
    Column("seasonal_from", "Season from", "date", 11, "First day of the seasonal limit.", printed=False),
    Column("seasonal_to", "Season to", "date", 11, "Last day of the seasonal limit.", printed=False),
    money_column("temporary_limit", "Temporary limit", "Higher limit for what is owed and on order.", printed=False),
    Column("temporary_until", "Temporary until", "date", 11, "Last day of the temporary limit.", printed=False),
    Column("margin", "Margin", "percent", 9, "Gross margin on the customer's sales.", printed=False),
    Column(
        "margin_source",
        "Margin from",
        "state",
        10,
        "Where the margin comes from: own, segment, industry, country or flat.",
        printed=False,
    ),
    money_column(
        "expected_loss", "Expected loss", "Expected loss over 12 months at the recommended limit.", printed=False
    ),
    money_column("expected_profit", "Expected profit", "Expected profit over 12 months at that limit.", printed=False),
    *(
        money_column(
            f"limit_if_{name}",
            f"Limit if {heading}",
            f"What the policy would give were {words}; today's limit is left aside.",
            printed=False,
            total=False,
        )
        for name, heading, words in (
            ("pd_doubled", "PD twice", "the PD twice as high"),
            ("pd_halved", "PD half", "the PD half as high"),
            ("margin_up", "margin up", "the margin a fifth higher"),
            ("margin_down", "margin down", "the margin a fifth lower"),
            ("lgd_up", "LGD up", "the loss given default a fifth higher"),
            ("lgd_down", "LGD down", "the loss given default a fifth lower"),
        )
    ),
    Column("review_on", "Review on", "date", 11, "When the limit is to be looked at again.", printed=False),
    Column("expires_on", "Expires on", "date", 11, "When it lapses unless reviewed.", printed=False),
    *(
        Column(f"{name}_arithmetic", f"{heading}: how", "long", width, f"How {words} follows.", printed=False)
        for name, heading, words, width in (
            ("need", "Need", "the need", WORDS),
            ("capacity", "Financial capacity", "the financial capacity", WORDS),
            ("peer", "Peers", "the limit of the peers", WORDS),
            ("cover", "Cover", "the cover", WORDS),
            ("expected_profit", "Expected-profit limit", "the limit of expected profit", 2 * WORDS),
        )
    ),
    *POLICY,
    CURRENCY,
    AS_OF,
)
