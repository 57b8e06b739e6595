"""What the ledger says about a customer: the grid, one module a trade question, the panel, the labels."""

from credrisk.features.calendar import Calendar
from credrisk.features.catalogue import Feature, feature, fingerprint
from credrisk.features.documentation import features_page
from credrisk.features.panel import build_panel

__all__ = ["Calendar", "Feature", "build_panel", "feature", "features_page", "fingerprint"]
