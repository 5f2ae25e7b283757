"""The look of the operators' site."""

from typing import Any

SHADES = {
    "50": "97.5% .018", "100": "95% .03", "200": "90% .055", "300": "83% .085", "400": "74% .1", "500": "63% .1",
    "600": "50% .095", "700": "40% .072", "800": "34% .06", "900": "29% .05", "950": "21% .035",
}  # fmt: skip
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Commons operations",
    "SITE_HEADER": "Commons",
    "SITE_SUBHEADER": "Operations",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "10px",
    "COLORS": {"primary": {shade: f"oklch({values} 188)" for shade, values in SHADES.items()}},
}
